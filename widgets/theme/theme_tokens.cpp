// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/theme_tokens.h"

#include <algorithm>
#include <cmath>

namespace ringscope {

namespace {

QColor rgb(QRgb value) {
    return QColor::fromRgb(value);
}

// Greys of falling weight: page table, kernel, device, reserved; unknown and free are the faintest.
using Greys = std::array<QRgb, 6>;

std::array<QColor, kMemoryTypeCount> memoryTypeColors(const std::array<QColor, kSeriesColors>& s,
                                                      const Greys& greys) {
    std::array<QColor, kMemoryTypeCount> colors;
    const auto set = [&colors](MemoryType type, const QColor& color) {
        colors[static_cast<std::size_t>(type)] = color;
    };
    set(MemoryType::shareable, s[0]);
    set(MemoryType::heap, s[1]);
    set(MemoryType::privateData, s[2]);
    set(MemoryType::image, s[3]);
    set(MemoryType::stack, s[4]);
    set(MemoryType::mappedFile, s[5]);
    set(MemoryType::managedHeap, s[6]);
    // hugetlb memory is shared memory's or private data's, by other pages: a shade of the first.
    set(MemoryType::hugePages, s[0].darker(150));
    set(MemoryType::pageTable, rgb(greys[0]));
    set(MemoryType::kernel, rgb(greys[1]));
    set(MemoryType::device, rgb(greys[2]));
    set(MemoryType::reserved, rgb(greys[3]));
    set(MemoryType::unknown, rgb(greys[4]));
    set(MemoryType::free, rgb(greys[5]));
    return colors;
}

ThemeTokens makeLight() {
    ThemeTokens t;
    t.window = rgb(0xF6F7F9);
    t.panel = rgb(0xFFFFFF);
    t.text = rgb(0x1B1F24);
    t.textSecondary = rgb(0x57606A);
    t.textDisabled = rgb(0x9AA3AD);
    t.line = rgb(0xD5DAE0);
    t.grid = rgb(0xECEFF2);
    t.accent = rgb(0x0072B2);
    t.accentText = rgb(0xFFFFFF);
    t.warning = rgb(0x8A6000);
    t.error = rgb(0xA83C00);
    t.grown = rgb(0xA83C00);
    t.shrunk = rgb(0x0072B2);
    // Okabe and Ito's hues, darkened where they have less than 3:1 on white.
    t.series = {rgb(0x0072B2), rgb(0xBD8300), rgb(0x00946B), rgb(0xCB6FA2),
                rgb(0xA83C00), rgb(0x3A9BD4), rgb(0x7A1F5C)};
    t.slotStates = {rgb(0xE6E9ED), rgb(0x0072B2), rgb(0x00946B), rgb(0xBD8300), rgb(0xA83C00)};
    t.memoryTypes =
        memoryTypeColors(t.series, {0x545C66, 0x6B737E, 0x7E8791, 0x8C949E, 0x8C949E, 0xE6E9ED});
    return t;
}

ThemeTokens makeDark() {
    ThemeTokens t;
    t.isDark = true;
    t.window = rgb(0x15171B);
    t.panel = rgb(0x1D2025);
    t.text = rgb(0xE7E9EC);
    t.textSecondary = rgb(0xA0A8B3);
    t.textDisabled = rgb(0x636B76);
    t.line = rgb(0x343941);
    t.grid = rgb(0x282C33);
    t.accent = rgb(0x56B4E9);
    t.accentText = rgb(0x15171B);
    t.warning = rgb(0xE69F00);
    t.error = rgb(0xFF7F50);
    t.grown = rgb(0xFF7F50);
    t.shrunk = rgb(0x56B4E9);
    // The two blues differ in lightness, or Shareable and Mapped File could not be told apart.
    t.series = {rgb(0x3D9BE0), rgb(0xE69F00), rgb(0x2FC79A), rgb(0xE39AC4),
                rgb(0xFF7F50), rgb(0xA6DBFF), rgb(0xF0E442)};
    t.slotStates = {rgb(0x2B3037), rgb(0x3D9BE0), rgb(0x2FC79A), rgb(0xE69F00), rgb(0xFF7F50)};
    t.memoryTypes =
        memoryTypeColors(t.series, {0xB4BBC4, 0x969EA9, 0x7D8590, 0x69717C, 0x69717C, 0x2B3037});
    t.memoryTypes[static_cast<std::size_t>(MemoryType::hugePages)] = t.series[0].lighter(140);
    return t;
}

double channelLuminance(double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color) {
    return 0.2126 * channelLuminance(color.redF()) + 0.7152 * channelLuminance(color.greenF()) +
           0.0722 * channelLuminance(color.blueF());
}

QFont sized(double points, QFont::Weight weight) {
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setStyleHint(QFont::SansSerif);
    font.setPointSizeF(points);
    font.setWeight(weight);
    return font;
}

} // namespace

const ThemeTokens& lightTokens() {
    static const ThemeTokens tokens = makeLight();
    return tokens;
}

const ThemeTokens& darkTokens() {
    static const ThemeTokens tokens = makeDark();
    return tokens;
}

const ThemeTokens& tokensNamed(std::string_view name) {
    return name == "dark" ? darkTokens() : lightTokens();
}

QPalette themePalette(const ThemeTokens& t) {
    QPalette palette;
    palette.setColor(QPalette::Window, t.window);
    palette.setColor(QPalette::WindowText, t.text);
    palette.setColor(QPalette::Base, t.panel);
    palette.setColor(QPalette::AlternateBase, t.window);
    palette.setColor(QPalette::Text, t.text);
    palette.setColor(QPalette::PlaceholderText, t.textSecondary);
    palette.setColor(QPalette::Button, t.panel);
    palette.setColor(QPalette::ButtonText, t.text);
    palette.setColor(QPalette::BrightText, t.error);
    palette.setColor(QPalette::ToolTipBase, t.panel);
    palette.setColor(QPalette::ToolTipText, t.text);
    palette.setColor(QPalette::Highlight, t.accent);
    palette.setColor(QPalette::HighlightedText, t.accentText);
    palette.setColor(QPalette::Link, t.accent);
    palette.setColor(QPalette::LinkVisited, t.accent);
    // Fusion draws frames and bevels from these.
    palette.setColor(QPalette::Light, t.isDark ? t.line : t.panel);
    palette.setColor(QPalette::Midlight, t.grid);
    palette.setColor(QPalette::Mid, t.line);
    palette.setColor(QPalette::Dark, t.isDark ? t.window : t.line.darker(115));
    palette.setColor(QPalette::Shadow, t.isDark ? QColor(Qt::black) : t.textDisabled);
    for (const QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText}) {
        palette.setColor(QPalette::Disabled, role, t.textDisabled);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, t.line);
    palette.setColor(QPalette::Disabled, QPalette::Base, t.window);
    return palette;
}

QFont bodyFont() {
    return sized(9, QFont::Normal);
}

QFont headingFont() {
    return sized(9, QFont::DemiBold);
}

QFont titleFont() {
    return sized(12, QFont::DemiBold);
}

double contrastRatio(const QColor& a, const QColor& b) {
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

} // namespace ringscope
