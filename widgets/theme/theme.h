// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {

// The theme of one window, handed to every widget that paints; a widget connects to changed() and
// drops what it has cached. Owned by the window (or the test). GUI thread only.
class Theme : public QObject {
    Q_OBJECT

public:
    explicit Theme(const ThemeTokens& tokens, QObject* parent = nullptr);

    [[nodiscard]] const ThemeTokens& tokens() const noexcept { return m_tokens; }
    void setTokens(const ThemeTokens& tokens);

Q_SIGNALS:
    void changed();

private:
    ThemeTokens m_tokens;
};

} // namespace ringscope
