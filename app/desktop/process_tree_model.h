// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QString>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "app/desktop/process_list.h"

namespace ringscope {

enum class ProcessColumn { name, pid, user, rss, pss, command };
constexpr int kProcessColumns = 6;

// Processes under their parents, or one under the other. One whose parent is not among them (it has
// ended, or is a kernel thread) is a root. Owned by the dialog that shows it; GUI thread.
class ProcessTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    static constexpr int kSortRole = Qt::UserRole;
    static constexpr int kSearchRole = Qt::UserRole + 1; // empty where a search does not look

    using QAbstractItemModel::QAbstractItemModel;

    // PSS that is known stays until it is read again.
    void setProcesses(std::vector<ListedProcess> processes);
    void setTree(bool isTree);
    void setPss(const std::vector<ProcessPss>& pss);

    [[nodiscard]] bool isTree() const { return m_isTree; }
    [[nodiscard]] const ListedProcess& process(const QModelIndex& index) const;
    // Invalid when it is not there.
    [[nodiscard]] QModelIndex indexOf(const ProcessIdentity& process) const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    struct Row {
        ListedProcess process;
        QString name;
        QString user;
        QString command;
        std::optional<std::uint64_t> pss;
        bool isPssRead = false;
        int parent = -1; // in m_rows
        int place = 0;   // among its siblings
        std::vector<int> children;
    };
    void link();
    void findParents();
    void cutCycles();
    [[nodiscard]] int rowOf(const ProcessIdentity& process) const; // -1: none
    [[nodiscard]] QVariant text(const Row& row, ProcessColumn column) const;
    [[nodiscard]] QVariant sortKey(const Row& row, ProcessColumn column) const;
    [[nodiscard]] QString toolTip(const Row& row, ProcessColumn column) const;

    bool m_isTree = true;
    std::vector<Row> m_rows;
    std::vector<int> m_roots;
    std::unordered_map<std::int32_t, int> m_rowOfPid;
};

} // namespace ringscope
