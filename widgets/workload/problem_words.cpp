// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/problem_words.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include "widgets/workload/scenario_fields.h"

namespace ringscope {

namespace {

QString quoted(const QString& text) {
    return QStringLiteral("“%1”").arg(text);
}

// The whole key only: neither "kill.after" in "kill.after_all" nor "name" in "rename".
QString wholeKey(const std::string& key) {
    return QStringLiteral("(?<![\\w.])") + QRegularExpression::escape(QString::fromStdString(key)) +
           QStringLiteral("(?!\\w|\\.\\w)");
}

void replaceChoices(QString& sentence, const ScenarioField& field) {
    for (const auto& [name, shown] : field.choices) {
        const QString value = QRegularExpression::escape(QString::fromStdString(name));
        const QString key = wholeKey(field.key);
        sentence.replace(QRegularExpression(key + QStringLiteral(" = \"%1\"").arg(value)),
                         QCoreApplication::translate("ScenarioFields", "%1 set to %2")
                             .arg(quoted(field.label), quoted(shown)));
        sentence.replace(
            QRegularExpression(key + QStringLiteral(" must be %1(?![\\w-])").arg(value)),
            QCoreApplication::translate("ScenarioFields", "%1 must be %2")
                .arg(quoted(field.label), quoted(shown)));
    }
}

} // namespace

QString inWordsOfFields(const std::string& sentence) {
    static const std::vector<ScenarioSection> sections = scenarioSections();
    QString words = QString::fromStdString(sentence);
    for (const ScenarioSection& section : sections) {
        for (const ScenarioField& field : section.fields) {
            if (!words.contains(QString::fromStdString(field.key))) {
                continue;
            }
            replaceChoices(words, field);
            // A key without a table is also an ordinary word: only where the sentence is about it.
            const bool hasTable = field.key.find('.') != std::string::npos;
            const QString key = (hasTable ? QString() : QStringLiteral("^")) + wholeKey(field.key);
            words.replace(QRegularExpression(key), quoted(field.label));
        }
    }
    return words;
}

} // namespace ringscope
