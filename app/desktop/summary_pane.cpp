// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/summary_pane.h"

#include "app/desktop/summary_text.h"
#include "widgets/theme/theme.h"

namespace ringscope {

SummaryPane::SummaryPane(Theme& theme, QWidget* parent)
    : QTextBrowser(parent)
    , m_theme(theme) {
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Summary"));
    document()->setDocumentMargin(kSpaceRelated);
    setPlaceholderText(tr("What the session came to stands here when it has ended."));
    connect(&theme, &Theme::changed, this, &SummaryPane::updateText);
}

void SummaryPane::setSummary(const std::optional<RunSummary>& summary) {
    m_summary = summary;
    updateText();
}

void SummaryPane::updateText() {
    if (!m_summary) {
        clear();
        return;
    }
    QString html = QStringLiteral("<p>%1</p><table width=\"100%\" cellspacing=\"0\">")
                       .arg(summarySentence(*m_summary).toHtmlEscaped());
    for (const SummarySection& section : summarySections(*m_summary)) {
        html += QStringLiteral("<tr><td colspan=\"2\" style=\"padding:8px 0 2px 0\"><b>%1</b></td>"
                               "</tr>")
                    .arg(section.title.toHtmlEscaped());
        for (const SummaryLine& line : section.lines) {
            const QString colour =
                line.isProblem ? m_theme.tokens().error.name() : m_theme.tokens().text.name();
            html += QStringLiteral("<tr><td style=\"padding:1px 0; color:%3\">%1</td>"
                                   "<td align=\"right\" style=\"padding:1px 0; color:%4\">%2</td>"
                                   "</tr>")
                        .arg(line.name.toHtmlEscaped(), line.value.toHtmlEscaped(),
                             m_theme.tokens().textSecondary.name(), colour);
        }
    }
    setHtml(html + QStringLiteral("</table>"));
}

} // namespace ringscope
