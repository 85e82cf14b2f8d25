// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slots_pane.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/slots/slot_ages.h"
#include "widgets/slots/slot_details.h"
#include "widgets/slots/slot_legend.h"
#include "widgets/slots/slot_map.h"
#include "widgets/slots/slot_text.h"
#include "widgets/status/elided_label.h"
#include "widgets/status/empty_pane.h"
#include "widgets/status/steady_frame.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

QToolButton* zoomButton(const QString& sign, const QString& name, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setText(sign);
    button->setToolTip(name);
    button->setAccessibleName(name);
    button->setAutoRaise(true);
    return button;
}

} // namespace

SlotsPane::SlotsPane(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_stack(new QStackedWidget(this))
    , m_empty(new EmptyPane(tr("The slots of the ring appear here, one cell a slot, when a "
                               "workload runs or a ring is opened. Of a ring by a description "
                               "only fill and traffic are known."),
                            tr("Run workload"), this))
    , m_channels(new QComboBox(this))
    , m_size(new ElidedLabel(this))
    , m_instant(new QWidget(this))
    , m_instantText(new ElidedLabel(m_instant))
    , m_map(new SlotMap(theme, this))
    , m_ages(new SlotAges(theme, this))
    , m_legend(new SlotLegend(theme, this))
    , m_details(new SlotDetails(this)) {
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeContent(theme));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    connect(m_empty, &EmptyPane::activated, this, &SlotsPane::runRequested);
    connect(m_map, &SlotMap::slotDetailRequested, this, &SlotsPane::slotDetailRequested);
    connect(m_map, &SlotMap::selectionChanged, this, &SlotsPane::updateDetails);
    connect(m_channels, &QComboBox::activated, this,
            [this](int index) { Q_EMIT channelSelected(m_channels->itemData(index).toUInt()); });
}

QWidget* SlotsPane::makeContent(const Theme& theme) {
    Q_UNUSED(theme)
    auto* content = new QWidget(this);
    m_channels->setAccessibleName(tr("Channel"));
    m_channels->setToolTip(tr("Which channel of the ring is shown"));
    m_channels->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_channels->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_size->setForegroundRole(QPalette::PlaceholderText);

    auto* out = zoomButton(QStringLiteral("−"), tr("Zoom out"), content);
    auto* all = zoomButton(tr("All"), tr("Show all slots"), content);
    auto* in = zoomButton(QStringLiteral("+"), tr("Zoom in"), content);
    connect(out, &QToolButton::clicked, m_map, [this] { m_map->zoom(-2); });
    connect(all, &QToolButton::clicked, m_map, &SlotMap::showEverything);
    connect(in, &QToolButton::clicked, m_map, [this] { m_map->zoom(2); });

    auto* head = new QHBoxLayout;
    head->setSpacing(kSpaceRelated);
    head->addWidget(m_channels);
    head->addWidget(new SteadyFrame(m_size, content), 1);
    head->addWidget(out);
    head->addWidget(all);
    head->addWidget(in);

    auto* now = new QToolButton(m_instant);
    now->setText(tr("Show now"));
    now->setToolTip(tr("Back to the newest picture"));
    connect(now, &QToolButton::clicked, this, &SlotsPane::nowRequested);
    auto* instant = new QHBoxLayout(m_instant);
    instant->setContentsMargins(0, 0, 0, 0);
    instant->setSpacing(kSpaceRelated);
    instant->addWidget(m_instantText, 1);
    instant->addWidget(now);
    m_instant->hide();

    auto* line = new QFrame(content);
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Sunken); // plain would be in the colour of text
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpaceRelated, kSpaceRelated, kSpaceRelated, kSpaceRelated);
    layout->setSpacing(kSpaceRelated);
    layout->addLayout(head);
    layout->addWidget(m_instant);
    layout->addWidget(m_map, 1);
    layout->addWidget(m_ages);
    layout->addWidget(m_legend);
    layout->addWidget(line);
    layout->addWidget(m_details);
    return content;
}

void SlotsPane::updateChannels(const SessionView& view) {
    const SlotSnapshot& snapshot = *view.slotSnapshot;
    const QSignalBlocker blocker(m_channels);
    const int count = view.ring ? static_cast<int>(view.ring->channels.size()) : 0;
    const bool hasShown = m_channels->findData(snapshot.cursors.channel) >= 0;
    if (m_channels->count() != std::max(1, count) || !hasShown) {
        m_channels->clear();
        for (int index = 0; index < count; ++index) {
            const auto& channel = view.ring->channels[static_cast<std::size_t>(index)];
            m_channels->addItem(tr("Channel %1").arg(channel.channel), channel.channel);
        }
        if (m_channels->findData(snapshot.cursors.channel) < 0) {
            m_channels->addItem(tr("Channel %1").arg(snapshot.cursors.channel),
                                snapshot.cursors.channel);
        }
    }
    m_channels->setCurrentIndex(m_channels->findData(snapshot.cursors.channel));
    QString size =
        tr("%1 slots · head %2 · tail %3")
            .arg(groupedDigits(snapshot.cursors.capacity), groupedDigits(snapshot.cursors.head),
                 groupedDigits(snapshot.cursors.tail));
    if (m_size->text() != size) {
        m_size->setText(size);
    }
}

void SlotsPane::setView(const SessionView& view) {
    m_map->setSnapshot(view.slotSnapshot, view.workers, view.endNs);
    m_stack->setCurrentIndex(view.slotSnapshot ? 1 : 0);
    // Views come more often than pictures of the ring.
    if (view.slotSnapshot != m_told || view.ring != m_toldRing) {
        m_told = view.slotSnapshot;
        m_toldRing = view.ring;
        m_ages->setSnapshot(view.slotSnapshot);
        const SlotCounts& counts = m_counter.update(view.slotSnapshot);
        if (view.slotSnapshot) {
            updateChannels(view);
            m_legend->setCounts(counts);
        }
    }
    if (view.slotSnapshot) {
        updateDetails();
    }
}

void SlotsPane::setInstant(const QString& text, const QString& help) {
    m_instantText->setText(text);
    m_instantText->setToolTip(help);
    m_instant->setVisible(!text.isEmpty());
}

void SlotsPane::updateDetails() {
    if (!m_map->selectedSlot() || m_map->snapshot() == nullptr) {
        m_details->clear();
    } else if (const auto facts = m_map->selectedFacts()) {
        m_details->show(*facts, *m_map->snapshot());
    } else {
        m_details->showUnread(*m_map->selectedSlot());
    }
}

} // namespace ringscope
