// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include <QAbstractSpinBox>
#include <QString>

namespace ringscope {

enum class Quantity {
    count,      // "10000"; "10k" is understood
    powerOfTwo, // "4096"; steps double and halve
    bytes,      // "1 KiB"
    duration,   // "250 ms", stored in nanoseconds
    real,       // "0.8"
};

// A spin box for amounts with a unit, wider than QSpinBox's int. It holds whatever can be read as
// an amount, also one that makes no sense where it is used: whoever owns it checks that and says
// so. Text that cannot be read is a problem() until it is mended. GUI thread.
class QuantityEdit final : public QAbstractSpinBox {
    Q_OBJECT
public:
    explicit QuantityEdit(Quantity quantity, QWidget* parent = nullptr);

    // Shown for 0 and understood when typed: "no limit", "never".
    void setZeroText(const QString& text);
    void setNumber(std::uint64_t number);
    void setReal(double real);
    // What was read last; while there is a problem() the value before it.
    [[nodiscard]] std::uint64_t number() const noexcept { return m_number; }
    [[nodiscard]] double real() const noexcept { return m_real; }
    // One sentence; empty when the text can be read.
    [[nodiscard]] QString problem() const { return m_problem; }

    void stepBy(int steps) override;
    [[nodiscard]] QValidator::State validate(QString& text, int& position) const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void edited(); // by typing or stepping, not by setNumber() or setReal()

protected:
    [[nodiscard]] StepEnabled stepEnabled() const override;

private:
    void show();
    void readText(const QString& text);

    Quantity m_quantity; // Constant after construction.
    QString m_zeroText;
    std::uint64_t m_number = 0;
    double m_real = 0;
    QString m_problem;
};

// The exact text of an amount, such that reading it gives the amount again.
[[nodiscard]] QString quantityText(Quantity quantity, std::uint64_t number);
// The amount `steps` steps up or down: doubles and halves for bytes and powers of two, one in the
// second digit for counts, one in the first digit for durations. Never below 0.
[[nodiscard]] std::uint64_t quantityStepped(Quantity quantity, std::uint64_t number, int steps);

} // namespace ringscope
