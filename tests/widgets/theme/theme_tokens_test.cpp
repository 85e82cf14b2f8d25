// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/theme_tokens.h"

#include <gtest/gtest.h>

#include <QFontInfo>
#include <QFontMetricsF>

#include <array>
#include <cmath>
#include <set>

namespace ringscope {

namespace {

constexpr double kTextContrast = 4.5;
constexpr double kGraphicsContrast = 3.0;

class ThemeTokensOf : public testing::TestWithParam<const char*> {
protected:
    const ThemeTokens& tokens() const { return tokensNamed(GetParam()); }
};

using Rgb = std::array<double, 3>;

double linear(double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

Rgb lab(const Rgb& c) {
    const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    const double x = f((0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.9505);
    const double y = f(0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]);
    const double z = f((0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.089);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

// Machado, Oliveira and Fernandes 2009, severity 1: none, protan, deutan, tritan.
constexpr std::array<std::array<Rgb, 3>, 4> kVision{{{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
                                                     {{{0.152286, 1.052583, -0.204868},
                                                       {0.114503, 0.786281, 0.099216},
                                                       {-0.003882, -0.048116, 1.051998}}},
                                                     {{{0.367322, 0.860646, -0.227968},
                                                       {0.280085, 0.672501, 0.047413},
                                                       {-0.011820, 0.042940, 0.968881}}},
                                                     {{{1.255528, -0.076749, -0.178779},
                                                       {-0.078411, 0.930809, 0.147602},
                                                       {0.004733, 0.691367, 0.303900}}}}};

Rgb seen(const QColor& color, std::size_t vision) {
    const Rgb in{linear(color.redF()), linear(color.greenF()), linear(color.blueF())};
    Rgb out{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t i = 0; i < 3; ++i) {
            out[row] += kVision[vision][row][i] * in[i];
        }
        out[row] = std::min(1.0, std::max(0.0, out[row]));
    }
    return lab(out);
}

double distance(const Rgb& a, const Rgb& b) {
    return std::sqrt(std::pow(a[0] - b[0], 2) + std::pow(a[1] - b[1], 2) +
                     std::pow(a[2] - b[2], 2));
}

} // namespace

TEST(ContrastRatio, IsThatOfTheStandard) {
    EXPECT_NEAR(contrastRatio(Qt::black, Qt::white), 21, 1e-9);
    EXPECT_NEAR(contrastRatio(Qt::red, Qt::white), 3.998, 1e-3);
    EXPECT_DOUBLE_EQ(contrastRatio(Qt::blue, Qt::yellow), contrastRatio(Qt::yellow, Qt::blue));
}

TEST_P(ThemeTokensOf, TextCanBeRead) {
    const auto& t = tokens();
    for (const QColor& background : {t.window, t.panel}) {
        for (const QColor& text : {t.text, t.textSecondary, t.accent, t.warning, t.error}) {
            EXPECT_GE(contrastRatio(text, background), kTextContrast)
                << text.name().toStdString() << " on " << background.name().toStdString();
        }
    }
    EXPECT_GE(contrastRatio(t.accentText, t.accent), kTextContrast);
}

TEST_P(ThemeTokensOf, GraphicsStandOut) {
    const auto& t = tokens();
    for (const QColor& color : t.series) {
        EXPECT_GE(contrastRatio(color, t.panel), kGraphicsContrast) << color.name().toStdString();
    }
    for (const MemoryType type : kMemoryTypes) {
        if (type != MemoryType::free) {
            EXPECT_GE(contrastRatio(t.memoryTypeColor(type), t.panel), kGraphicsContrast)
                << memoryTypeName(type);
        }
    }
    for (const SlotState state :
         {SlotState::ready, SlotState::reading, SlotState::writing, SlotState::stuck}) {
        EXPECT_GE(contrastRatio(t.slotColor(state), t.panel), kGraphicsContrast);
    }
    EXPECT_GE(contrastRatio(t.grown, t.panel), kGraphicsContrast);
    EXPECT_GE(contrastRatio(t.shrunk, t.panel), kGraphicsContrast);
}

TEST_P(ThemeTokensOf, SeriesStayApartForEveryKindOfColourVision) {
    const auto& t = tokens();
    for (std::size_t vision = 0; vision < kVision.size(); ++vision) {
        for (std::size_t a = 0; a < kSeriesColors; ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                EXPECT_GE(distance(seen(t.series[a], vision), seen(t.series[b], vision)), 12)
                    << "vision " << vision << ": " << t.series[a].name().toStdString() << " and "
                    << t.series[b].name().toStdString();
            }
        }
    }
}

TEST_P(ThemeTokensOf, SlotStatesStayApartForEveryKindOfColourVision) {
    const auto& t = tokens();
    for (std::size_t vision = 0; vision < kVision.size(); ++vision) {
        for (std::size_t a = 0; a < kSlotStateCount; ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                EXPECT_GE(distance(seen(t.slotStates[a], vision), seen(t.slotStates[b], vision)),
                          12)
                    << "vision " << vision << ", states " << a << " and " << b;
            }
        }
    }
}

TEST_P(ThemeTokensOf, PaletteSetsDisabledTextToo) {
    const QPalette palette = themePalette(tokens());
    EXPECT_EQ(palette.color(QPalette::Disabled, QPalette::Text), tokens().textDisabled);
    EXPECT_EQ(palette.color(QPalette::Inactive, QPalette::Highlight), tokens().accent);
}

TEST(BodyFont, HasTabularFiguresOfTheFamilyItNames) {
    EXPECT_EQ(QFontInfo(bodyFont()).family(), QStringLiteral("DejaVu Sans"));
    EXPECT_GE(bodyFont().pointSizeF(), 9);
    std::set<double> widths;
    for (const char digit : {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}) {
        widths.insert(QFontMetricsF(bodyFont()).horizontalAdvance(QLatin1Char(digit)));
    }
    EXPECT_EQ(widths.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(BothThemes, ThemeTokensOf, testing::Values("light", "dark"));

} // namespace ringscope
