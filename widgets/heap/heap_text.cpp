// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_text.h"

#include <QCoreApplication>

namespace ringscope {

namespace {

QString text(const char* source) {
    return QCoreApplication::translate("Heap", source);
}

QString lastPart(const std::string& path) {
    return QString::fromStdString(path.substr(path.find_last_of('/') + 1));
}

} // namespace

QString measureName(HeapMeasure measure) {
    switch (measure) {
    case HeapMeasure::live:
        return text("Live");
    case HeapMeasure::peak:
        return text("At the peak");
    case HeapMeasure::total:
        return text("In all");
    case HeapMeasure::count:
        return text("Blocks");
    case HeapMeasure::temporary:
        return text("Temporary");
    }
    return {};
}

QString measureHelp(HeapMeasure measure) {
    switch (measure) {
    case HeapMeasure::live:
        return text("Bytes that were not freed yet");
    case HeapMeasure::peak:
        return text("Bytes that were alive when the whole program had most alive (t-gmax)");
    case HeapMeasure::total:
        return text("Bytes allocated, freed or not");
    case HeapMeasure::count:
        return text("How many blocks were allocated, freed or not");
    case HeapMeasure::temporary:
        return text("Blocks that were freed before their thread allocated anything else");
    }
    return {};
}

bool isBytes(HeapMeasure measure) {
    return measure != HeapMeasure::count && measure != HeapMeasure::temporary;
}

QString valueText(HeapMeasure measure, std::uint64_t value, ByteScale scale) {
    if (value == 0) {
        return {};
    }
    const auto number = static_cast<double>(value);
    return QString::fromStdString(isBytes(measure) ? formatBytes(number, scale)
                                                   : formatCount(number));
}

QString shareText(std::uint64_t part, std::uint64_t whole) {
    if (part == 0 || whole == 0) {
        return {};
    }
    const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
    return percent < 0.1 ? QStringLiteral("< 0.1 %")
                         : QStringLiteral("%1 %").arg(percent, 0, 'f', 1);
}

QString placeText(const CallFunction& function, std::uint32_t line) {
    if (function.file.empty()) {
        return lastPart(function.module);
    }
    const QString file = lastPart(function.file);
    return line == 0 ? file : QStringLiteral("%1:%2").arg(file).arg(line);
}

QString shortName(const std::string& function) {
    QString name = QString::fromStdString(function);
    const std::pair<QString, QString> kLong[] = {
        {QStringLiteral("std::__cxx11::basic_string<char, std::char_traits<char>, "
                        "std::allocator<char> >"),
         QStringLiteral("std::string")},
        {QStringLiteral("std::basic_string<char, std::char_traits<char>, std::allocator<char> >"),
         QStringLiteral("std::string")},
        {QStringLiteral("std::__cxx11::"), QStringLiteral("std::")},
    };
    for (const auto& [whole, brief] : kLong) {
        name.replace(whole, brief);
    }
    // Default allocators and comparisons say nothing: ", std::allocator<...> " up to its own end.
    for (const QString& useless :
         {QStringLiteral(", std::allocator<"), QStringLiteral(", std::less<"),
          QStringLiteral(", std::default_delete<")}) {
        for (qsizetype at = 0; (at = name.indexOf(useless, at)) >= 0;) {
            qsizetype end = at + useless.size();
            for (int depth = 1; end < name.size() && depth > 0; ++end) {
                depth += name[end] == QLatin1Char('<') ? 1 : name[end] == QLatin1Char('>') ? -1 : 0;
            }
            // Only as the last argument, where it is the default.
            const qsizetype after =
                end < name.size() && name[end] == QLatin1Char(' ') ? end + 1 : end;
            const bool isArgument = after < name.size() && (name[after] == QLatin1Char('>') ||
                                                            name[after] == QLatin1Char(','));
            if (!isArgument) {
                at += useless.size();
                continue;
            }
            name.remove(at, (name[after] == QLatin1Char('>') ? after : end) - at);
        }
    }
    return name;
}

} // namespace ringscope
