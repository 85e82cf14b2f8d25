// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/quantity_edit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include <QLineEdit>
#include <QLocale>
#include <QSignalBlocker>
#include <QStyle>
#include <QStyleOptionSpinBox>

#include "core/base/units.h"

namespace ringscope {

namespace {

constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct Step {
    std::uint64_t factor;
    const char* name;
};
constexpr std::array<Step, 4> kTimes{
    {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}, {1, "ns"}}};
constexpr std::array<Step, 3> kBinary{
    {{std::uint64_t{1} << 30U, "GiB"}, {std::uint64_t{1} << 20U, "MiB"}, {1024, "KiB"}}};

QString durationText(std::uint64_t ns) {
    if (ns == 0) {
        return QStringLiteral("0 s");
    }
    for (const Step& step : kTimes) {
        const std::uint64_t finest = std::max<std::uint64_t>(1, step.factor / 1000);
        if (ns < step.factor || ns % finest != 0) {
            continue;
        }
        QString digits = QString::number(ns / step.factor);
        if (const std::uint64_t rest = ns % step.factor / finest; rest != 0) {
            digits += u'.' + QString::number(rest).rightJustified(3, u'0');
            while (digits.endsWith(u'0')) {
                digits.chop(1);
            }
        }
        return digits + u' ' + QString::fromUtf8(step.name);
    }
    return QString::number(ns) + QStringLiteral(" ns");
}

QString bytesText(std::uint64_t bytes) {
    for (const Step& step : kBinary) {
        if (bytes >= step.factor && bytes % step.factor == 0) {
            return QString::number(bytes / step.factor) + u' ' + QLatin1String(step.name);
        }
    }
    return QString::number(bytes) + QStringLiteral(" B");
}

// The power of ten at or below a number.
std::uint64_t decade(std::uint64_t number) {
    std::uint64_t power = 1;
    while (number / power >= 10) {
        power *= 10;
    }
    return power;
}

std::uint64_t stepOnce(Quantity quantity, std::uint64_t number, bool up) {
    switch (quantity) {
    case Quantity::powerOfTwo:
    case Quantity::bytes:
        if (up) {
            return number >= kLargest / 2 ? number : std::bit_ceil(number + 1);
        }
        return number <= 1 ? 0 : std::bit_floor(number - 1);
    case Quantity::duration: {
        const std::uint64_t step =
            up ? (number == 0 ? 1'000'000 : decade(number)) : decade(number == 0 ? 0 : number - 1);
        return up ? std::min(number / step * step + step, kLargest) : (number - 1) / step * step;
    }
    case Quantity::count:
    case Quantity::real:
        break;
    }
    const std::uint64_t step = std::max<std::uint64_t>(1, decade(up ? number : number - 1) / 10);
    return up ? std::min(number + step, kLargest) : number - step;
}

Expected<std::uint64_t> readCount(const std::string& text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stop == end) {
        return number;
    }
    return parseBytes(text);
}

} // namespace

QString quantityText(Quantity quantity, std::uint64_t number) {
    switch (quantity) {
    case Quantity::duration:
        return durationText(number);
    case Quantity::bytes:
        return bytesText(number);
    case Quantity::count:
    case Quantity::powerOfTwo:
    case Quantity::real:
        break;
    }
    return QString::number(number);
}

std::uint64_t quantityStepped(Quantity quantity, std::uint64_t number, int steps) {
    for (; steps > 0; --steps) {
        number = stepOnce(quantity, number, true);
    }
    for (; steps < 0 && number > 0; ++steps) {
        number = stepOnce(quantity, number, false);
    }
    return number;
}

QuantityEdit::QuantityEdit(Quantity quantity, QWidget* parent)
    : QAbstractSpinBox(parent)
    , m_quantity(quantity) {
    setFocusPolicy(Qt::StrongFocus);
    connect(lineEdit(), &QLineEdit::textEdited, this, [this](const QString& text) {
        readText(text);
        Q_EMIT edited();
    });
    // What was typed is put into its usual form, unless it cannot be read.
    connect(this, &QAbstractSpinBox::editingFinished, this, [this] {
        if (m_problem.isEmpty()) {
            show();
        }
    });
    show();
}

void QuantityEdit::setZeroText(const QString& text) {
    m_zeroText = text;
    show();
}

void QuantityEdit::setNumber(std::uint64_t number) {
    m_number = number;
    m_problem.clear();
    show();
}

void QuantityEdit::setReal(double real) {
    m_real = real;
    m_problem.clear();
    show();
}

void QuantityEdit::show() {
    const QSignalBlocker blocker(lineEdit());
    const bool isZero = m_quantity == Quantity::real ? m_real == 0 : m_number == 0;
    if (isZero && !m_zeroText.isEmpty()) {
        lineEdit()->setText(m_zeroText);
    } else if (m_quantity == Quantity::real) {
        lineEdit()->setText(QString::number(m_real, 'g', QLocale::FloatingPointShortest));
    } else {
        lineEdit()->setText(quantityText(m_quantity, m_number));
    }
}

void QuantityEdit::readText(const QString& text) {
    m_problem.clear();
    const QString trimmed = text.trimmed();
    if (!m_zeroText.isEmpty() && trimmed == m_zeroText) {
        m_number = 0;
        m_real = 0;
        return;
    }
    const std::string utf8 = trimmed.toStdString();
    if (m_quantity == Quantity::real) {
        bool isNumber = false;
        const double real = QLocale::c().toDouble(trimmed, &isNumber);
        if (!isNumber || !std::isfinite(real)) {
            m_problem = tr("'%1' is not a number; write for example 0.8 or 10000").arg(trimmed);
        } else {
            m_real = real;
        }
        return;
    }
    if (m_quantity == Quantity::duration) {
        const auto ns = parseDurationNs(utf8);
        if (ns) {
            m_number = static_cast<std::uint64_t>(*ns);
        } else {
            m_problem = QString::fromStdString(ns.error().message);
        }
        return;
    }
    const auto number = m_quantity == Quantity::bytes ? parseBytes(utf8) : readCount(utf8);
    if (number) {
        m_number = *number;
    } else if (m_quantity == Quantity::bytes) {
        m_problem = QString::fromStdString(number.error().message);
    } else {
        m_problem =
            trimmed.startsWith(u'-')
                ? tr("'%1' is below 0; write for example 64 or 10k").arg(trimmed)
                : tr("'%1' is not a whole number; write for example 64 or 10k").arg(trimmed);
    }
}

void QuantityEdit::stepBy(int steps) {
    if (m_quantity == Quantity::real) {
        const double magnitude = m_real > 0 ? std::pow(10, std::floor(std::log10(m_real))) : 1;
        m_real = std::max(0.0, m_real + steps * magnitude / 10);
        // One in the second digit, without the rounding error of tenths.
        m_real = QString::number(m_real, 'g', 6).toDouble();
    } else {
        m_number = quantityStepped(m_quantity, m_number, steps);
    }
    m_problem.clear();
    show();
    selectAll();
    Q_EMIT edited();
}

QValidator::State QuantityEdit::validate(QString& text, int& position) const {
    Q_UNUSED(text)
    Q_UNUSED(position)
    return QValidator::Acceptable;
}

QAbstractSpinBox::StepEnabled QuantityEdit::stepEnabled() const {
    const bool isZero = m_quantity == Quantity::real ? m_real <= 0 : m_number == 0;
    return isZero ? StepUpEnabled : StepUpEnabled | StepDownEnabled;
}

QSize QuantityEdit::sizeHint() const {
    QStyleOptionSpinBox option;
    initStyleOption(&option);
    const QFontMetrics metrics = fontMetrics();
    const QSize content(metrics.horizontalAdvance(QStringLiteral("0000000 MiB ")),
                        lineEdit()->sizeHint().height());
    return style()->sizeFromContents(QStyle::CT_SpinBox, &option, content, this);
}

QSize QuantityEdit::minimumSizeHint() const {
    return sizeHint();
}

} // namespace ringscope
