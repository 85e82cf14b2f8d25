// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include <QWidget>

#include "core/session/session_view.h"
#include "widgets/slots/slot_counts.h"

class QComboBox;
class QLabel;
class QStackedWidget;

namespace ringscope {

class EmptyPane;
class SlotAges;
class SlotDetails;
class SlotLegend;
class SlotMap;
class Theme;

// The whole slots pane: which channel, the map, its legend with counts, and the selected slot.
// GUI thread.
class SlotsPane final : public QWidget {
    Q_OBJECT
public:
    explicit SlotsPane(const Theme& theme, QWidget* parent = nullptr);

    // The newest view; call it at each frame, also with the same one again.
    void setView(const SessionView& view);
    // Says that it shows not now but an instant before, with the button that ends that; empty: now.
    void setInstant(const QString& text, const QString& help);
    [[nodiscard]] SlotMap& map() const noexcept { return *m_map; }
    [[nodiscard]] SlotDetails& details() const noexcept { return *m_details; }

Q_SIGNALS:
    void channelSelected(quint32 channel);
    void slotDetailRequested(quint32 channel, quint64 slot);
    void nowRequested();
    void runRequested(); // the button of the empty pane

private:
    [[nodiscard]] QWidget* makeContent(const Theme& theme);
    void updateChannels(const SessionView& view);
    void updateDetails();

    QStackedWidget* m_stack;
    EmptyPane* m_empty;
    QComboBox* m_channels;
    QLabel* m_size;
    QWidget* m_instant;
    QLabel* m_instantText;
    SlotMap* m_map;
    SlotAges* m_ages;
    SlotLegend* m_legend;
    SlotDetails* m_details;
    SlotCounter m_counter;
    // What the counts and the head say.
    std::shared_ptr<const SlotSnapshot> m_told;
    std::shared_ptr<const RingTarget> m_toldRing;
};

} // namespace ringscope
