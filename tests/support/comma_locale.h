// SPDX-License-Identifier: MIT
#pragma once

#include <clocale>
#include <string>

namespace ringscope {

// The C library's numbers written with a decimal comma, as QApplication has them in the locale of
// many a user; as they were before at the end.
class CommaLocale {
public:
    CommaLocale()
        : m_before(std::setlocale(LC_NUMERIC, nullptr)) {
        for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "it_IT.UTF-8",
                                 "pl_PL.UTF-8", "pt_BR.UTF-8", "ru_RU.UTF-8", ""}) {
            m_isSet = m_isSet || (std::setlocale(LC_NUMERIC, name) != nullptr &&
                                  *std::localeconv()->decimal_point == ',');
        }
    }
    CommaLocale(const CommaLocale&) = delete;
    CommaLocale& operator=(const CommaLocale&) = delete;
    ~CommaLocale() { std::setlocale(LC_NUMERIC, m_before.c_str()); }
    // False when this machine has no such locale.
    [[nodiscard]] bool isSet() const { return m_isSet; }

private:
    std::string m_before;
    bool m_isSet = false;
};

} // namespace ringscope
