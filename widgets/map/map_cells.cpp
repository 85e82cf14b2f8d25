// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_cells.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <QCoreApplication>

#include "widgets/tables/cell_text.h"

namespace ringscope {

namespace {

constexpr QChar kMinus(0x2212);

QString tr(const char* text) {
    return QCoreApplication::translate("MapCells", text);
}

QString fromUtf8(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString text(const MapColumn& column, std::int64_t amount, ByteScale scale) {
    static const TableColumn bytes = tableColumn({}, ColumnKind::quantity, Unit::bytes);
    static const TableColumn count = tableColumn({}, ColumnKind::exact, Unit::count);
    // A double is exact for whole pages up to 2^65 bytes.
    return cellText(column.isCount ? count : bytes, numberCell(static_cast<double>(amount)), scale);
}

} // namespace

QString mapColumnTitle(const MapColumn& column, ColumnNames names) {
    return fromUtf8(column.name(names));
}

QString mapColumnHelp(const MapColumn& column) {
    return tr("%1\nFrom: %2").arg(fromUtf8(column.meaning), fromUtf8(column.source));
}

QString mapColumnHead(const MapColumn& column, ColumnNames names) {
    const QString title = mapColumnTitle(column, names);
    return column.isCount ? title : QStringLiteral("%1 [bytes]").arg(title);
}

bool isInMapPreset(const MapColumn& column, ColumnNames names) {
    if (names == ColumnNames::vmmapNames) {
        return !column.vmmapName.empty();
    }
    constexpr std::array<std::string_view, 9> kKeys = {"size", "committed",   "private",
                                                       "rss",  "private_rss", "shared_rss",
                                                       "pss",  "swap",        "blocks"};
    return std::find(kKeys.begin(), kKeys.end(), column.key) != kKeys.end();
}

QString mapAmountText(const MapColumn& column, std::optional<std::int64_t> amount,
                      ByteScale scale) {
    return amount ? text(column, *amount, scale) : QString();
}

QString mapChangeText(const MapColumn& column, std::optional<std::int64_t> change,
                      ByteScale scale) {
    if (!change || *change == 0) {
        return {};
    }
    return (*change > 0 ? QChar(u'+') : kMinus) +
           text(column, *change > 0 ? *change : -*change, scale);
}

QString mapExactText(std::optional<std::int64_t> amount) {
    return amount ? QString::number(*amount) : QString();
}

QString mapExactWords(const MapColumn& column, std::optional<std::int64_t> amount) {
    if (!amount || *amount == 0) {
        return {};
    }
    static const TableColumn exact = tableColumn({}, ColumnKind::exact);
    const QString digits = cellText(exact, numberCell(static_cast<double>(*amount)), {});
    return column.isCount ? digits : tr("%1 bytes").arg(digits);
}

QString mapBeforeAfterText(const MapColumn& column, std::int64_t before, std::int64_t after,
                           ByteScale scale) {
    const auto written = [&](std::int64_t amount) {
        return amount == 0 ? QStringLiteral("0") : text(column, amount, scale);
    };
    return tr("%1 before, %2 after").arg(written(before), written(after));
}

QString addressText(std::uint64_t address) {
    return QStringLiteral("%1").arg(address, 8, 16, QLatin1Char('0'));
}

} // namespace ringscope
