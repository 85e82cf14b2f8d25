// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/theme.h"

namespace ringscope {

Theme::Theme(const ThemeTokens& tokens, QObject* parent)
    : QObject(parent)
    , m_tokens(tokens) {}

void Theme::setTokens(const ThemeTokens& tokens) {
    m_tokens = tokens;
    Q_EMIT changed();
}

} // namespace ringscope
