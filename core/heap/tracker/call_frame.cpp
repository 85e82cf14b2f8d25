// SPDX-License-Identifier: MIT
#include "core/heap/tracker/call_frame.h"

#include <atomic>
#include <cstddef>
#include <cstring>
#include <dlfcn.h>
#include <link.h>

extern "C" [[gnu::weak]] int _dl_find_object(void* address, struct dl_find_object* result) noexcept;

namespace ringscope::tracker {

namespace {

using Bytes = const unsigned char*;

// Numbers of registers in DWARF (System V ABI for AMD64, figure 3.36).
constexpr std::uint64_t kBx = 3;
constexpr std::uint64_t kFp = 6;
constexpr std::uint64_t kSp = 7;
constexpr std::uint64_t kReturnAddress = 16;

// Reads the table's bytes in order. Past the end everything is 0.
class Cursor {
public:
    Cursor(Bytes at, Bytes end) noexcept
        : m_at(at)
        , m_end(end) {}

    [[nodiscard]] Bytes at() const noexcept { return m_at; }
    [[nodiscard]] bool isAtEnd() const noexcept { return m_at >= m_end; }
    [[nodiscard]] std::size_t left() const noexcept {
        return isAtEnd() ? 0 : static_cast<std::size_t>(m_end - m_at);
    }
    void skip(std::uint64_t bytes) noexcept { m_at = bytes > left() ? m_end : m_at + bytes; }
    void end() noexcept { m_at = m_end; }

    template <typename T>
    T take() noexcept {
        T value{};
        if (left() < sizeof(T)) {
            m_at = m_end;
            return value;
        }
        std::memcpy(&value, m_at, sizeof(T));
        m_at += sizeof(T);
        return value;
    }
    std::uint64_t uleb() noexcept {
        std::uint64_t value = 0;
        unsigned shift = 0;
        unsigned char byte = 0x80;
        while ((byte & 0x80U) != 0 && !isAtEnd()) {
            byte = take<unsigned char>();
            value |= shift < 64 ? std::uint64_t{byte & 0x7fU} << shift : 0;
            shift += 7;
        }
        return value;
    }
    std::int64_t sleb() noexcept {
        std::uint64_t value = 0;
        unsigned shift = 0;
        unsigned char byte = 0x80;
        while ((byte & 0x80U) != 0 && !isAtEnd()) {
            byte = take<unsigned char>();
            value |= shift < 64 ? std::uint64_t{byte & 0x7fU} << shift : 0;
            shift += 7;
        }
        if (shift < 64 && (byte & 0x40U) != 0) {
            value |= ~std::uint64_t{0} << shift;
        }
        return static_cast<std::int64_t>(value);
    }

private:
    Bytes m_at;
    Bytes m_end;
};

// Forms of an encoded pointer: how it is written, and what it is counted from (LSB, 10.5.1).
constexpr unsigned kOmitted = 0xff;
constexpr unsigned kFormMask = 0x0f;
constexpr unsigned kFromMask = 0x70;

struct Pointer {
    std::uintptr_t value = 0;
    bool isKnown = false;
};

Pointer takePointer(Cursor& from, unsigned encoding, std::uintptr_t dataBase) noexcept {
    const auto place = reinterpret_cast<std::uintptr_t>(from.at());
    std::uintptr_t value = 0;
    switch (encoding & kFormMask) {
    case 0x00:
    case 0x04:
    case 0x0c:
        value = from.take<std::uint64_t>();
        break;
    case 0x01:
        value = from.uleb();
        break;
    case 0x02:
        value = from.take<std::uint16_t>();
        break;
    case 0x03:
        value = from.take<std::uint32_t>();
        break;
    case 0x09:
        value = static_cast<std::uintptr_t>(from.sleb());
        break;
    case 0x0a:
        value = static_cast<std::uintptr_t>(std::int64_t{from.take<std::int16_t>()});
        break;
    case 0x0b:
        value = static_cast<std::uintptr_t>(std::int64_t{from.take<std::int32_t>()});
        break;
    default:
        from.end();
        return {};
    }
    switch (encoding & kFromMask) {
    case 0x00:
        return {value, true};
    case 0x10:
        return {place + value, true};
    case 0x30:
        return {dataBase + value, true};
    default:
        return {};
    }
}

// What is common to the functions of an object file (CIE).
struct CommonInformation {
    std::uint64_t codeAlignment = 1;
    std::int64_t dataAlignment = 1;
    unsigned pointerEncoding = 0;
    bool isSignalFrame = false;
    bool hasAugmentationData = false;
    Cursor instructions{nullptr, nullptr};
    bool isKnown = false;
};

// A length and what it spans; empty where it needs more than 4 GiB. Nobody says where the table
// ends: glibc gives the bounds of one segment, which need not be the table's (node has many).
Cursor takeEntry(Bytes at) noexcept {
    std::uint32_t length = 0;
    std::memcpy(&length, at, sizeof(length));
    const Bytes begin = at + sizeof(length);
    return {begin, length == 0xffffffffU ? begin : begin + length};
}

CommonInformation readCommon(Bytes at) noexcept {
    CommonInformation common;
    Cursor entry = takeEntry(at);
    const auto id = entry.take<std::uint32_t>();
    const auto version = entry.take<unsigned char>();
    if (id != 0 || (version != 1 && version != 3)) {
        return common;
    }
    char augmentation[8] = {};
    std::size_t letters = 0;
    for (char c = entry.take<char>(); c != '\0'; c = entry.take<char>()) {
        if (letters + 1 >= sizeof(augmentation)) {
            return common;
        }
        augmentation[letters++] = c;
    }
    common.codeAlignment = entry.uleb();
    common.dataAlignment = entry.sleb();
    const std::uint64_t returnRegister = version == 1 ? entry.take<unsigned char>() : entry.uleb();
    if (returnRegister != kReturnAddress) {
        return common;
    }
    if (augmentation[0] == 'z') {
        common.hasAugmentationData = true;
        const std::uint64_t bytes = entry.uleb();
        Cursor data(entry.at(), entry.at() + (bytes > entry.left() ? entry.left() : bytes));
        entry.skip(bytes);
        for (std::size_t i = 1; i < letters; ++i) {
            switch (augmentation[i]) {
            case 'R':
                common.pointerEncoding = data.take<unsigned char>();
                break;
            case 'P': // the personality, which only exceptions need
                if (const auto encoding = data.take<unsigned char>(); encoding != kOmitted) {
                    (void)takePointer(data, encoding, 0);
                }
                break;
            case 'L':
                data.skip(1);
                break;
            case 'S':
                common.isSignalFrame = true;
                break;
            case 'B':
                break;
            default:
                return common;
            }
        }
    } else if (letters != 0) {
        return common;
    }
    common.instructions = entry;
    common.isKnown = true;
    return common;
}

// The rows of one function, made by running its instructions up to an address.
class RowMachine {
public:
    RowMachine(const CommonInformation& common, std::uintptr_t start) noexcept
        : m_common(common)
        , m_location(start) {}

    // Up to the row that holds at the address; false if something is not understood.
    [[nodiscard]] bool run(Cursor code, std::uintptr_t until) noexcept {
        while (!code.isAtEnd()) {
            const auto operation = code.take<unsigned char>();
            const unsigned low = operation & 0x3fU;
            switch (operation >> 6U) {
            case 1: // advance_loc
                if (!advance(low, until)) {
                    return true;
                }
                continue;
            case 2: // offset
                saveAtCfa(low, static_cast<std::int64_t>(code.uleb()) * m_common.dataAlignment);
                continue;
            case 3: // restore
                restore(low);
                continue;
            default:
                break;
            }
            if (isAdvance(operation)) {
                if (!advance(takeAdvance(code, operation), until)) {
                    return true;
                }
            } else if (!apply(operation, code)) {
                return false;
            }
        }
        return true;
    }
    void keepAsInitial() noexcept { m_initial = m_row; }

    [[nodiscard]] FrameRule rule() const noexcept {
        FrameRule rule = m_row.rule;
        if (m_row.isOutermost) {
            return {FrameBase::outermost, 0, {}, {}};
        }
        if (!m_row.isReturnAtCfa) {
            rule.base = FrameBase::unknown;
        }
        return rule;
    }

private:
    struct Row {
        FrameRule rule;
        bool isOutermost = false;
        bool isReturnAtCfa = true; // in the word below it, where a call puts it
    };

    static bool isAdvance(unsigned operation) noexcept {
        return operation >= 0x02 && operation <= 0x04;
    }
    static std::uint64_t takeAdvance(Cursor& code, unsigned operation) noexcept {
        return operation == 0x02   ? code.take<std::uint8_t>()
               : operation == 0x03 ? code.take<std::uint16_t>()
                                   : code.take<std::uint32_t>();
    }
    // False when the next row is of code behind the address.
    [[nodiscard]] bool advance(std::uint64_t delta, std::uintptr_t until) noexcept {
        m_location += delta * m_common.codeAlignment;
        return m_location <= until;
    }

    [[nodiscard]] SavedRegister* registerAt(std::uint64_t number) noexcept {
        return number == kFp ? &m_row.rule.fp : number == kBx ? &m_row.rule.bx : nullptr;
    }
    void saveAtCfa(std::uint64_t number, std::int64_t offset) noexcept {
        if (number == kReturnAddress) {
            m_row.isReturnAtCfa = offset == -8;
            m_row.isOutermost = false;
        } else if (SavedRegister* saved = registerAt(number)) {
            *saved = placed(SavedRegister::Place::atCfa, offset);
        }
    }
    static SavedRegister placed(SavedRegister::Place place, std::int64_t offset) noexcept {
        const std::int64_t words = offset / 8;
        const bool fits = offset % 8 == 0 && words >= -4096 && words < 4096;
        return fits ? SavedRegister{place, static_cast<std::int16_t>(words)}
                    : SavedRegister{SavedRegister::Place::lost, 0};
    }
    void restore(std::uint64_t number) noexcept {
        if (number == kReturnAddress) {
            m_row.isReturnAtCfa = m_initial.isReturnAtCfa;
            m_row.isOutermost = m_initial.isOutermost;
        } else if (SavedRegister* saved = registerAt(number)) {
            *saved = number == kFp ? m_initial.rule.fp : m_initial.rule.bx;
        }
    }
    void setBase(std::uint64_t number) noexcept {
        m_row.rule.base = number == kSp   ? FrameBase::stackPointer
                          : number == kFp ? FrameBase::framePointer
                          : number == kBx ? FrameBase::bx
                                          : FrameBase::unknown;
    }
    void setOffset(std::int64_t offset) noexcept {
        if (offset < INT32_MIN / 8 || offset > INT32_MAX / 8) {
            m_row.rule.base = FrameBase::unknown;
        }
        m_row.rule.offset = static_cast<std::int32_t>(offset);
    }
    // "Where the word at rbp + n points" is what is understood.
    void setBaseExpression(Cursor expression) noexcept {
        const auto operation = expression.take<unsigned char>();
        m_row.rule.base = FrameBase::unknown;
        if (operation == 0x70 + kFp) { // breg6
            const std::int64_t offset = expression.sleb();
            if (expression.take<unsigned char>() == 0x06 && expression.isAtEnd()) { // deref
                m_row.rule.base = FrameBase::atFramePointer;
                setOffset(offset);
            }
        }
    }
    // Saved at rbp + n is what is understood.
    void saveAtExpression(std::uint64_t number, Cursor expression) noexcept {
        const bool isFromFp = expression.take<unsigned char>() == 0x70 + kFp;
        const std::int64_t offset = expression.sleb();
        if (number == kReturnAddress) {
            m_row.isReturnAtCfa = false;
        } else if (SavedRegister* saved = registerAt(number)) {
            *saved = isFromFp && expression.isAtEnd()
                         ? placed(SavedRegister::Place::atFramePointer, offset)
                         : SavedRegister{SavedRegister::Place::lost, 0};
        }
    }
    [[nodiscard]] static Cursor takeBlock(Cursor& code) noexcept {
        const std::uint64_t bytes = code.uleb();
        const Cursor block(code.at(), code.at() + (bytes > code.left() ? code.left() : bytes));
        code.skip(bytes);
        return block;
    }

    // All but the three short forms and the advances. False: unknown.
    [[nodiscard]] bool apply(unsigned operation, Cursor& code) noexcept {
        switch (operation) {
        case 0x00: // nop
            return true;
        case 0x05: { // offset_extended
            const std::uint64_t number = code.uleb();
            saveAtCfa(number, static_cast<std::int64_t>(code.uleb()) * m_common.dataAlignment);
            return true;
        }
        case 0x06: // restore_extended
            restore(code.uleb());
            return true;
        case 0x07: // undefined
            setPlace(code.uleb(), SavedRegister::Place::lost);
            return true;
        case 0x08: // same_value
            setPlace(code.uleb(), SavedRegister::Place::same);
            return true;
        case 0x09: { // register
            const std::uint64_t number = code.uleb();
            (void)code.uleb();
            setPlace(number, SavedRegister::Place::lost);
            m_row.isReturnAtCfa = m_row.isReturnAtCfa && number != kReturnAddress;
            m_row.isOutermost = m_row.isOutermost && number != kReturnAddress;
            return true;
        }
        case 0x0a: // remember_state
            if (m_depth == kMostRemembered) {
                return false;
            }
            m_remembered[m_depth++] = m_row;
            return true;
        case 0x0b: // restore_state
            if (m_depth == 0) {
                return false;
            }
            m_row = m_remembered[--m_depth];
            return true;
        case 0x0c: // def_cfa
            setBase(code.uleb());
            setOffset(static_cast<std::int64_t>(code.uleb()));
            return true;
        case 0x0d: // def_cfa_register
            setBase(code.uleb());
            return true;
        case 0x0e: // def_cfa_offset
            setOffset(static_cast<std::int64_t>(code.uleb()));
            return true;
        case 0x0f: // def_cfa_expression
            setBaseExpression(takeBlock(code));
            return true;
        case 0x10: { // expression
            const std::uint64_t number = code.uleb();
            saveAtExpression(number, takeBlock(code));
            return true;
        }
        case 0x11: { // offset_extended_sf
            const std::uint64_t number = code.uleb();
            saveAtCfa(number, code.sleb() * m_common.dataAlignment);
            return true;
        }
        case 0x12: // def_cfa_sf
            setBase(code.uleb());
            setOffset(code.sleb() * m_common.dataAlignment);
            return true;
        case 0x13: // def_cfa_offset_sf
            setOffset(code.sleb() * m_common.dataAlignment);
            return true;
        case 0x14:   // val_offset
        case 0x15: { // val_offset_sf
            const std::uint64_t number = code.uleb();
            (void)code.uleb();
            setPlace(number, SavedRegister::Place::lost);
            return number != kReturnAddress;
        }
        case 0x16: { // val_expression
            const std::uint64_t number = code.uleb();
            (void)takeBlock(code);
            setPlace(number, SavedRegister::Place::lost);
            return number != kReturnAddress;
        }
        case 0x2e: // GNU_args_size
            (void)code.uleb();
            return true;
        case 0x2f: { // GNU_negative_offset_extended
            const std::uint64_t number = code.uleb();
            saveAtCfa(number, -static_cast<std::int64_t>(code.uleb()) * m_common.dataAlignment);
            return true;
        }
        default:
            return false;
        }
    }
    void setPlace(std::uint64_t number, SavedRegister::Place place) noexcept {
        if (number == kReturnAddress) {
            m_row.isOutermost = place == SavedRegister::Place::lost;
        } else if (SavedRegister* saved = registerAt(number)) {
            *saved = {place, 0};
        }
    }

    static constexpr std::size_t kMostRemembered = 8;

    const CommonInformation& m_common;
    std::uintptr_t m_location;
    Row m_row;
    Row m_initial;
    Row m_remembered[kMostRemembered];
    std::size_t m_depth = 0;
};

// Where the description of the function that holds the address begins; null if none does. hdr: the
// sorted table of .eh_frame_hdr (LSB, 10.6.2).
Bytes findDescription(Bytes hdr, std::uintptr_t address) noexcept {
    constexpr std::size_t kLongestHead = 4 + 2 * 8;
    Cursor head(hdr, hdr + kLongestHead);
    const auto version = head.take<unsigned char>();
    const auto frameEncoding = head.take<unsigned char>();
    const auto countEncoding = head.take<unsigned char>();
    const auto tableEncoding = head.take<unsigned char>();
    const auto base = reinterpret_cast<std::uintptr_t>(hdr);
    constexpr unsigned kFromTableSigned4 = 0x3b; // what linkers write
    if (version != 1 || tableEncoding != kFromTableSigned4 || frameEncoding == kOmitted ||
        countEncoding == kOmitted || !takePointer(head, frameEncoding, base).isKnown) {
        return nullptr;
    }
    const Pointer count = takePointer(head, countEncoding, base);
    struct Row {
        std::int32_t start;
        std::int32_t description;
    };
    if (!count.isKnown || count.value == 0) {
        return nullptr;
    }
    const auto rowAt = [&](std::size_t index) {
        Row row{};
        std::memcpy(&row, head.at() + index * sizeof(Row), sizeof(row));
        return row;
    };
    const auto startOf = [&](std::size_t index) {
        return base + static_cast<std::uintptr_t>(std::intptr_t{rowAt(index).start});
    };
    std::size_t low = 0;
    std::size_t high = count.value;
    while (high - low > 1) {
        const std::size_t middle = low + (high - low) / 2;
        (startOf(middle) <= address ? low : high) = middle;
    }
    return startOf(low) <= address ? hdr + rowAt(low).description : nullptr;
}

std::atomic<ObjectSeen> s_seen{nullptr};

void tell(const dl_find_object& found) noexcept {
    const ObjectSeen seen = s_seen.load(std::memory_order_relaxed);
    const link_map* const map = found.dlfo_link_map;
    if (seen != nullptr && map != nullptr) {
        seen({static_cast<Bytes>(found.dlfo_map_start), static_cast<Bytes>(found.dlfo_map_end),
              map->l_addr, map->l_name != nullptr ? map->l_name : ""});
    }
}

// The description (FDE) at that place, which must hold the address.
FrameRule readRule(Bytes description, std::uintptr_t address) noexcept {
    Cursor entry = takeEntry(description);
    const Bytes idAt = entry.at();
    const auto toCommon = entry.take<std::uint32_t>();
    if (toCommon == 0) {
        return {};
    }
    const CommonInformation common = readCommon(idAt - toCommon);
    if (!common.isKnown) {
        return {};
    }
    const Pointer start = takePointer(entry, common.pointerEncoding, 0);
    const Pointer range = takePointer(entry, common.pointerEncoding & kFormMask, 0);
    if (!start.isKnown || address < start.value || address - start.value >= range.value) {
        return {FrameBase::noTable, 0, {}, {}};
    }
    if (common.isSignalFrame) {
        return {FrameBase::signalFrame, 0, {}, {}};
    }
    if (common.hasAugmentationData) {
        entry.skip(entry.uleb());
    }
    RowMachine machine(common, start.value);
    if (!machine.run(common.instructions, UINTPTR_MAX)) {
        return {};
    }
    machine.keepAsInitial();
    return machine.run(entry, address) ? machine.rule() : FrameRule{};
}

} // namespace

bool canFindFrameRules() noexcept {
    return &_dl_find_object != nullptr;
}

void tellOfObjects(ObjectSeen seen) noexcept {
    s_seen.store(seen, std::memory_order_relaxed);
}

FrameRule findFrameRule(std::uintptr_t address) noexcept {
    dl_find_object found{};
    if (!canFindFrameRules() || _dl_find_object(reinterpret_cast<void*>(address), &found) != 0) {
        return {FrameBase::noTable, 0, {}, {}};
    }
    tell(found);
    if (found.dlfo_eh_frame == nullptr) {
        return {FrameBase::noTable, 0, {}, {}};
    }
    const Bytes description = findDescription(static_cast<Bytes>(found.dlfo_eh_frame), address);
    return description != nullptr ? readRule(description, address)
                                  : FrameRule{FrameBase::noTable, 0, {}, {}};
}

} // namespace ringscope::tracker
