// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/units.h"
#include "core/session/map_record.h"

class QPushButton;
class QTreeWidget;

namespace ringscope {

// The maps of one process that were kept, a row each with its sums and what they grew by: one is
// shown, another one is what it is compared with. GUI thread only.
class MapHistory : public QWidget {
    Q_OBJECT

public:
    explicit MapHistory(QWidget* parent = nullptr);

    void setRecords(const std::vector<std::shared_ptr<const MapRecord>>& records);
    void setByteScale(ByteScale scale);
    // Which row is marked as shown (empty: the newest) and as what it is compared with.
    // isCompared: also with a map that is none of the rows.
    void setShown(std::optional<std::size_t> record, std::optional<std::size_t> baseline,
                  bool isCompared);

Q_SIGNALS:
    // Empty: the newest, also when there is a newer one later.
    void shownChosen(std::optional<std::size_t> record);
    void baselineChosen(std::optional<std::size_t> record);

private:
    void writeTexts();
    void mark();
    void takeSelection();

    QTreeWidget* m_list;
    QPushButton* m_newest;
    std::vector<std::shared_ptr<const MapRecord>> m_records;
    std::optional<std::size_t> m_shown;
    std::optional<std::size_t> m_baseline;
    ByteScale m_scale = ByteScale::automatic;
    bool m_isFilling = false;
};

} // namespace ringscope
