// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/scenario_field_editor.h"

#include <algorithm>
#include <cassert>

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QWheelEvent>

#include "core/base/units.h"
#include "core/workload/scenario_keys.h"
#include "widgets/theme/theme.h"
#include "widgets/workload/quantity_edit.h"

namespace ringscope {

namespace {

constexpr int kLabelColumn = 120; // labels are this wide, so that the controls line up

const ScenarioKey* keyNamed(const std::string& name) {
    const auto& keys = scenarioKeys();
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [&](const ScenarioKey& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

// A wheel over a control scrolls the panel; only a control that has the focus takes it.
class WheelGuard final : public QObject {
public:
    using QObject::QObject;
    bool eventFilter(QObject* watched, QEvent* event) override {
        const auto* widget = qobject_cast<QWidget*>(watched);
        if (event->type() == QEvent::Wheel && widget != nullptr && !widget->hasFocus()) {
            event->ignore();
            return true;
        }
        return QObject::eventFilter(watched, event);
    }
};

Quantity quantityOf(FieldKind kind) {
    switch (kind) {
    case FieldKind::powerOfTwo:
        return Quantity::powerOfTwo;
    case FieldKind::bytes:
        return Quantity::bytes;
    case FieldKind::duration:
        return Quantity::duration;
    case FieldKind::real:
        return Quantity::real;
    default:
        return Quantity::count;
    }
}

QString listText(const std::vector<double>& list) {
    QStringList words;
    for (const double number : list) {
        words << QString::number(number, 'g', QLocale::FloatingPointShortest);
    }
    return words.join(QStringLiteral(", "));
}

} // namespace

ScenarioFieldEditor::ScenarioFieldEditor(const Theme& theme, ScenarioField field, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_field(std::move(field))
    , m_key(keyNamed(m_field.key))
    , m_sentence(new QLabel(this)) {
    assert(m_key != nullptr);
    makeControl();
    m_control->setToolTip(m_field.help);
    m_control->setAccessibleName(m_field.label);
    m_control->setAccessibleDescription(m_field.help);
    m_control->installEventFilter(new WheelGuard(this));
    m_sentence->setWordWrap(true);
    m_sentence->setVisible(false);

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(kSpaceRelated);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(1, 1);
    if (m_flag == nullptr) {
        auto* label = new QLabel(m_field.label, this);
        label->setBuddy(m_control);
        label->setToolTip(m_field.help);
        label->setWordWrap(true);
        label->setFixedWidth(kLabelColumn);
        grid->addWidget(label, 0, 0);
        grid->addWidget(m_control, 0, 1);
    } else {
        grid->addWidget(m_control, 0, 0, 1, 2);
    }
    grid->addWidget(m_sentence, 1, 0, 1, 2);
    connect(&theme, &Theme::changed, this, [this] { restyle(); });
    restyle();
}

void ScenarioFieldEditor::makeControl() {
    switch (m_field.kind) {
    case FieldKind::choice:
        m_choice = new QComboBox(this);
        for (const auto& [name, text] : m_field.choices) {
            m_choice->addItem(text, QString::fromStdString(name));
        }
        m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        m_choice->setMinimumContentsLength(8);
        m_choice->setFocusPolicy(Qt::StrongFocus);
        connect(m_choice, &QComboBox::currentIndexChanged, this, &ScenarioFieldEditor::edited);
        m_control = m_choice;
        return;
    case FieldKind::flag:
        m_flag = new QCheckBox(m_field.label, this);
        connect(m_flag, &QCheckBox::toggled, this, &ScenarioFieldEditor::edited);
        m_control = m_flag;
        return;
    case FieldKind::text:
    case FieldKind::numberList:
        m_text = new QLineEdit(this);
        connect(m_text, &QLineEdit::textEdited, this, &ScenarioFieldEditor::edited);
        m_control = m_text;
        return;
    default:
        break;
    }
    m_quantity = new QuantityEdit(quantityOf(m_field.kind), this);
    m_quantity->setZeroText(m_field.zeroText);
    connect(m_quantity, &QuantityEdit::edited, this, &ScenarioFieldEditor::edited);
    m_control = m_quantity;
}

void ScenarioFieldEditor::restyle() {
    QPalette palette = m_sentence->palette();
    palette.setColor(QPalette::WindowText, m_theme.tokens().error);
    m_sentence->setPalette(palette);
}

void ScenarioFieldEditor::read(const Scenario& scenario) {
    m_problem.clear();
    auto value = m_key->get(scenario);
    if (!value && m_field.isShown && !m_field.isShown(scenario)) {
        // Hidden and absent: ready with the default for when it is wanted.
        Scenario usual;
        usual.kill.emplace();
        value = m_key->get(usual);
    }
    if (m_choice != nullptr) {
        const QSignalBlocker blocker(m_choice);
        const auto* name = value ? std::get_if<std::string>(&*value) : nullptr;
        // Only what a scenario may lack has no value: its first choice says so ("nobody").
        m_choice->setCurrentIndex(
            name != nullptr ? m_choice->findData(QString::fromStdString(*name)) : 0);
        return;
    }
    if (!value) {
        if (m_field.kind == FieldKind::numberList) {
            m_text->clear();
        }
        return;
    }
    if (const auto* flag = std::get_if<bool>(&*value)) {
        const QSignalBlocker blocker(m_flag);
        m_flag->setChecked(*flag);
    } else if (const auto* list = std::get_if<std::vector<double>>(&*value)) {
        m_text->setText(listText(*list));
    } else if (const auto* whole = std::get_if<std::int64_t>(&*value)) {
        m_quantity->setNumber(static_cast<std::uint64_t>(*whole));
    } else if (const auto* real = std::get_if<double>(&*value)) {
        m_quantity->setReal(*real);
    } else if (const auto* words = std::get_if<std::string>(&*value)) {
        if (m_field.kind == FieldKind::duration) {
            m_quantity->setNumber(static_cast<std::uint64_t>(parseDurationNs(*words).value_or(0)));
        } else {
            m_text->setText(QString::fromStdString(*words));
        }
    }
}

bool ScenarioFieldEditor::write(Scenario& scenario) {
    SettingValue value;
    m_problem.clear();
    if (m_choice != nullptr) {
        value = m_choice->currentData().toString().toStdString();
    } else if (m_flag != nullptr) {
        value = m_flag->isChecked();
    } else if (m_field.kind == FieldKind::text) {
        value = m_text->text().toStdString();
    } else if (m_field.kind == FieldKind::numberList) {
        std::vector<double> list;
        static const QRegularExpression separators(QStringLiteral("[,;\\s]+"));
        for (const QString& word : m_text->text().split(separators, Qt::SkipEmptyParts)) {
            bool isNumber = false;
            list.push_back(QLocale::c().toDouble(word, &isNumber));
            if (!isNumber) {
                m_problem = tr("'%1' is not a number; write for example 1, 2, 4").arg(word);
                return false;
            }
        }
        value = std::move(list);
    } else {
        m_problem = m_quantity->problem();
        if (!m_problem.isEmpty()) {
            return false;
        }
        if (m_field.kind == FieldKind::real) {
            value = m_quantity->real();
        } else if (m_field.kind == FieldKind::duration) {
            value = exactDuration(static_cast<std::int64_t>(m_quantity->number()));
        } else {
            value = static_cast<std::int64_t>(m_quantity->number());
        }
    }
    const auto* list = std::get_if<std::vector<double>>(&value);
    const bool isLeftOut = list != nullptr && list->empty();
    if (!m_key->set(scenario, value) && !isLeftOut) {
        // What is written is a number of its kind already: the key has no room for it.
        m_problem = m_quantity != nullptr
                        ? tr("'%1' is too large").arg(m_quantity->text().trimmed())
                        : tr("It must be %1.").arg(QString::fromStdString(m_key->expects));
    }
    return m_problem.isEmpty();
}

void ScenarioFieldEditor::setSentence(const QString& sentence) {
    const QString text = sentence.isEmpty() ? QString() : QStringLiteral("⚠ ") + sentence;
    if (m_sentence->text() != text) {
        m_sentence->setText(text);
        m_control->setAccessibleDescription(sentence.isEmpty() ? m_field.help
                                                               : sentence + u' ' + m_field.help);
    }
    m_sentence->setVisible(!text.isEmpty());
}

QString ScenarioFieldEditor::sentence() const {
    return m_sentence->text();
}

} // namespace ringscope
