// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_text.h"

#include <QCoreApplication>

#include "core/heap/function_name.h"

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
    return QString::fromStdString(shortFunctionName(function));
}

} // namespace ringscope
