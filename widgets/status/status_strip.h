// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <QWidget>

#include "core/session/session_view.h"

class QComboBox;
class QLabel;

namespace ringscope {

class Theme;

// The content of the status bar: what is observed, at what rate by which source, what was lost,
// what Ringscope itself costs, and in which unit bytes are shown. GUI thread.
class StatusStrip final : public QWidget {
    Q_OBJECT
public:
    explicit StatusStrip(const Theme& theme, QWidget* parent = nullptr);

    void setView(const SessionView& view);
    void setByteScale(ByteScale scale);
    [[nodiscard]] ByteScale byteScale() const;

Q_SIGNALS:
    void byteScaleSelected(ringscope::ByteScale scale);

private:
    // What the texts say; a view that says the same is only compared.
    struct Told {
        std::shared_ptr<const Provenance> provenance;
        std::size_t workers = 0;
        std::size_t alive = 0;
        std::shared_ptr<const RingTarget> ring;
        struct Source {
            std::string name;
            std::int64_t periodNs = 0;
            std::uint64_t lost = 0;
            std::uint64_t samples = 0; // 0 as long as nothing is lost: then nobody says them
            bool operator==(const Source&) const = default;
        };
        std::vector<Source> sources;
        double cpuPercent = 0;
        std::uint64_t rssBytes = 0;
        bool isLive = false;
        ByteScale scale = ByteScale::automatic;
        std::string damage;
        bool operator==(const Told&) const = default;
    };

    const Theme& m_theme; // Outlives this.
    std::optional<Told> m_told;
    QLabel* m_target;
    QLabel* m_rates;
    QLabel* m_lost;
    QLabel* m_self;
    QComboBox* m_scale;
    bool m_hasLosses = false;
};

// "steady · 8 workers".
[[nodiscard]] QString targetText(const SessionView& view);
// "cursors 1 kHz · heap 100 Hz · PSS 2 Hz".
[[nodiscard]] QString ratesText(const SessionView& view);
[[nodiscard]] QString frequencyText(std::int64_t periodNs);

} // namespace ringscope
