// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "app/desktop/process_list.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QModelIndex;
class QPushButton;
class QTreeView;
class QVBoxLayout;

namespace ringscope {

class ProcessFilter;
class ProcessTreeModel;

// A searchable, sortable tree or list of processes of which one is picked. It reads nothing itself:
// whoever opens it brings the processes, and again at refreshRequested(), and then their PSS. What
// is picked is an identity, because the pid may be another's by then. GUI thread.
class ProcessDialog : public QDialog {
    Q_OBJECT

public:
    struct Wording {
        QString title;
        QString heading; // what happens when one is picked
        QString pick;    // on the button
    };

    ProcessDialog(const Wording& wording, bool isTree, QWidget* parent = nullptr);

    // What is selected, collapsed, searched and where the list stands stay. remark: one sentence
    // that stands below it when there is nothing to say of the selected one.
    void setProcesses(std::vector<ListedProcess> processes, const QString& remark = {});
    void setPss(const std::vector<ProcessPss>& pss);

    // Stands between the list and what is said of the selected one: what is asked for besides.
    void addBelowList(QWidget* widget);

    // Why the selected process cannot be picked, or the remark.
    [[nodiscard]] QString reason() const;

Q_SIGNALS:
    void refreshRequested();
    void picked(const ringscope::ProcessIdentity& process);
    void treeChanged(bool isTree);

protected:
    // Typing goes to the search and the arrows to the processes, whichever has the focus.
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeTree();
    void makeContent(const Wording& wording);
    void search(const QString& text);
    // Changes the model's rows, all of them, and brings back what the view forgets at that.
    void rebuild(const std::function<void()>& change);
    void expand();
    void selectFirstMatch();
    void noteExpansion(const QModelIndex& index, bool isExpanded);
    void showCounts();
    void showCurrent();
    void pickCurrent();
    [[nodiscard]] std::optional<ProcessIdentity> identityOf(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOf(const ProcessIdentity& process) const;

    QString m_remark;
    bool m_isFilled = false;
    bool m_hasChosenEnded = false;
    std::set<ProcessIdentity> m_collapsed;
    ProcessTreeModel* m_model;
    ProcessFilter* m_filter;
    QLineEdit* m_search;
    QLabel* m_counts;
    QCheckBox* m_asTree;
    QTreeView* m_tree;
    QLabel* m_reason;
    QVBoxLayout* m_layout = nullptr;
    QPushButton* m_pick = nullptr;
};

} // namespace ringscope
