// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/cell_text.h"

#include <QLocale>

namespace ringscope {

namespace {

QString grouped(double number) {
    QString digits = QString::number(number, 'f', 0);
    for (qsizetype at = digits.size() - 3; at > (digits.startsWith(u'-') ? 1 : 0); at -= 3) {
        digits.insert(at, QChar(0x202F));
    }
    return digits;
}

QString escaped(QString text, CopyFormat format) {
    switch (format) {
    case CopyFormat::tsv: // has no quoting
        return text.replace(u'\t', u' ').replace(u'\n', u' ').replace(u'\r', u' ');
    case CopyFormat::csv:
        if (text.contains(u'"') || text.contains(u',') || text.contains(u'\n') ||
            text.contains(u'\r')) {
            return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
        }
        return text;
    case CopyFormat::markdown:
        break;
    }
    return text.replace(u'|', QStringLiteral("\\|")).replace(u'\n', u' ');
}

QString headText(const TableColumn& column, CopyFormat format) {
    const std::string_view unit = unitName(column.unit);
    if (format == CopyFormat::markdown || unit.empty() || column.kind == ColumnKind::text) {
        return column.title;
    }
    return QStringLiteral("%1 [%2]").arg(column.title,
                                         QString::fromUtf8(unit.data(), qsizetype(unit.size())));
}

} // namespace

QString cellText(const TableColumn& column, const TableCell& cell, ByteScale scale) {
    if (column.kind == ColumnKind::text) {
        return cell.text;
    }
    if (std::isnan(cell.number) || cell.number == 0) {
        return cell.text; // blank, unless the cell has a word for it
    }
    switch (column.kind) {
    case ColumnKind::identifier:
        return QString::number(cell.number, 'f', 0);
    case ColumnKind::exact:
        return grouped(cell.number);
    case ColumnKind::share: {
        const double percent = cell.number * 100;
        return percent < 0.05 ? QStringLiteral("< 0.1 %")
                              : QString::number(percent, 'f', 1) + QStringLiteral(" %");
    }
    case ColumnKind::quantity:
    case ColumnKind::text:
        break;
    }
    return QString::fromStdString(formatValue(cell.number, cell.unit.value_or(column.unit), scale));
}

QString cellValueText(const TableColumn& column, const TableCell& cell) {
    if (column.kind == ColumnKind::text) {
        return cell.text;
    }
    return std::isnan(cell.number)
               ? QString()
               : QString::number(cell.number, 'g', QLocale::FloatingPointShortest);
}

QString copyLine(const QStringList& cells, CopyFormat format) {
    QStringList escapedCells;
    for (const QString& cell : cells) {
        escapedCells << escaped(cell, format);
    }
    switch (format) {
    case CopyFormat::tsv:
        return escapedCells.join(u'\t') + u'\n';
    case CopyFormat::csv:
        return escapedCells.join(u',') + QStringLiteral("\r\n");
    case CopyFormat::markdown:
        break;
    }
    return QStringLiteral("| ") + escapedCells.join(QStringLiteral(" | ")) + QStringLiteral(" |\n");
}

QString copyText(const std::vector<TableColumn>& columns, const std::vector<int>& shownColumns,
                 const std::vector<const TableRow*>& rows, CopyFormat format, ByteScale scale) {
    QStringList heads;
    QStringList rulers;
    for (const int index : shownColumns) {
        const TableColumn& column = columns[static_cast<std::size_t>(index)];
        heads << headText(column, format);
        rulers << (column.kind == ColumnKind::text ? QStringLiteral("---")
                                                   : QStringLiteral("---:"));
    }
    QString text = copyLine(heads, format);
    if (format == CopyFormat::markdown) {
        text += copyLine(rulers, format);
    }
    for (const TableRow* row : rows) {
        QStringList cells;
        for (const int index : shownColumns) {
            const auto at = static_cast<std::size_t>(index);
            cells << (format == CopyFormat::markdown ? cellText(columns[at], row->cells[at], scale)
                                                     : cellValueText(columns[at], row->cells[at]));
        }
        text += copyLine(cells, format);
    }
    return text;
}

} // namespace ringscope
