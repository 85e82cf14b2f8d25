// SPDX-License-Identifier: MIT
#include "core/heap/tracker/got_patch.h"

#include "core/heap/tracker/announce.h"
#include "core/heap/tracker/elf_object.h"

#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
// Of this library, by the linker.
[[gnu::visibility("hidden")]] extern const unsigned char __ehdr_start[]; // NOLINT
}

namespace ringscope::tracker {

namespace {

bool isOwn(const dl_phdr_info& object) noexcept {
    return object.dlpi_addr == reinterpret_cast<std::uintptr_t>(__ehdr_start);
}

// The loader, whose own calls of malloc and free must stay paired with each other.
bool isLoader(const dl_phdr_info& object) noexcept {
    return object.dlpi_addr != 0 && object.dlpi_addr == ::getauxval(AT_BASE);
}

struct Search {
    Replacement* functions;
    std::size_t count;
};

int findIn(dl_phdr_info* info, std::size_t, void* argument) {
    const Search& search = *static_cast<Search*>(argument);
    if (isLoader(*info)) {
        return 0;
    }
    const ElfObject object(*info);
    for (std::size_t i = 0; i < search.count; ++i) {
        Replacement& function = search.functions[i];
        std::uintptr_t& address = isOwn(*info) ? function.ours : function.theirs;
        if (address == 0) {
            address = object.definitionOf(function.name);
        }
    }
    return 0;
}

// Reads /proc/self/maps in parts, as there is nothing to keep it in.
class MapsText {
public:
    MapsText() noexcept
        : m_fd(static_cast<int>(
              ::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC))) {}
    MapsText(const MapsText&) = delete;
    MapsText& operator=(const MapsText&) = delete;
    ~MapsText() {
        if (m_fd >= 0) {
            closeDescriptor(m_fd);
        }
    }
    // '\0' at the end.
    char next() noexcept {
        if (m_at == m_end) {
            const long got = m_fd >= 0 ? ::syscall(SYS_read, m_fd, m_text, sizeof(m_text)) : 0;
            m_at = 0;
            m_end = got > 0 ? static_cast<std::size_t>(got) : 0;
        }
        return m_at < m_end ? m_text[m_at++] : '\0';
    }
    // Up to a character that is no digit.
    std::uintptr_t hexadecimal() noexcept {
        std::uintptr_t value = 0;
        for (;;) {
            const char c = next();
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                     : -1;
            if (digit < 0) {
                return value;
            }
            value = value << 4U | static_cast<std::uintptr_t>(digit);
        }
    }
    bool skipLine() noexcept {
        char c = next();
        while (c != '\n' && c != '\0') {
            c = next();
        }
        return c == '\n';
    }

private:
    int m_fd;
    std::size_t m_at = 0;
    std::size_t m_end = 0;
    char m_text[2048];
};

// True if the loader is done with the object: only then does it take away the right to write.
bool isReadOnly(std::uintptr_t address) noexcept {
    MapsText text;
    do {
        const std::uintptr_t begin = text.hexadecimal();
        const std::uintptr_t end = text.hexadecimal();
        if (address >= begin && address < end) {
            const bool canRead = text.next() == 'r';
            return canRead && text.next() == '-';
        }
    } while (text.skipLine());
    return false;
}

class Patch {
public:
    Patch(const Replacement* functions, std::size_t count, PatchDirection direction) noexcept
        : m_functions(functions)
        , m_count(count)
        , m_direction(direction) {}

    void apply(const ElfObject& object) noexcept {
        bool isAnyProtected = false;
        visit(object, [&](std::uintptr_t place, std::uintptr_t, std::uintptr_t) {
            isAnyProtected = isAnyProtected || isProtected(object, place);
        });
        // An object that another thread is loading right now: it writes there itself.
        const bool mayUnlock = isAnyProtected && isReadOnly(object.protectedBegin());
        const bool isUnlocked = mayUnlock && protect(object, PROT_READ | PROT_WRITE);
        visit(object, [&](std::uintptr_t place, std::uintptr_t found, std::uintptr_t wanted) {
            if (isProtected(object, place) && !isUnlocked) {
                return;
            }
            // Release: what the function needs was written before. Fails if the loader has bound
            // the word meanwhile; a second round finds it so.
            auto* const word = reinterpret_cast<std::atomic<std::uintptr_t>*>(place);
            if (word->compare_exchange_strong(found, wanted, std::memory_order_release,
                                              std::memory_order_relaxed)) {
                ++m_changed;
            }
        });
        if (isUnlocked) {
            (void)protect(object, PROT_READ);
        }
    }
    [[nodiscard]] std::uint32_t changed() const noexcept { return m_changed; }

private:
    static bool isProtected(const ElfObject& object, std::uintptr_t place) noexcept {
        return place >= object.protectedBegin() && place < object.protectedEnd();
    }
    static bool protect(const ElfObject& object, int rights) noexcept {
        return ::mprotect(reinterpret_cast<void*>(object.protectedBegin()),
                          object.protectedEnd() - object.protectedBegin(), rights) == 0;
    }
    [[nodiscard]] const Replacement* functionOf(const char* name) const noexcept {
        for (std::size_t i = 0; i < m_count; ++i) {
            const Replacement& function = m_functions[i];
            // The first letters tell nearly all others apart.
            if (function.name[0] == name[0] && std::strcmp(function.name, name) == 0) {
                return function.theirs != 0 && function.ours != 0 ? &function : nullptr;
            }
        }
        return nullptr;
    }
    template <typename Take>
    void visit(const ElfObject& object, Take take) const noexcept {
        object.visitReferences([&](std::uintptr_t place, std::uint32_t type, const char* name,
                                   std::uintptr_t ownDefinition) {
            const Replacement* const function = functionOf(name);
            if (function == nullptr || place % sizeof(std::uintptr_t) != 0) {
                return;
            }
            const std::uintptr_t found =
                reinterpret_cast<std::atomic<std::uintptr_t>*>(place)->load(
                    std::memory_order_relaxed);
            if (m_direction == PatchDirection::toTheirs) {
                if (found == function->ours) {
                    take(place, found, function->theirs);
                }
                return;
            }
            // Not bound yet: it leads to code of the object's own that asks the loader.
            const bool isUnbound =
                type == R_X86_64_JUMP_SLOT && found != ownDefinition && object.hasCodeAt(found);
            if (found == function->theirs || isUnbound) {
                take(place, found, function->ours);
            }
        });
    }

    const Replacement* m_functions;
    std::size_t m_count;
    PatchDirection m_direction;
    std::uint32_t m_changed = 0;
};

int patchIn(dl_phdr_info* info, std::size_t, void* argument) {
    if (!isOwn(*info) && !isLoader(*info)) {
        const ElfObject object(*info);
        if (object.hasSymbols()) {
            static_cast<Patch*>(argument)->apply(object);
        }
    }
    return 0;
}

} // namespace

void findFunctions(Replacement* functions, std::size_t count) noexcept {
    Search search{functions, count};
    ::dl_iterate_phdr(findIn, &search);
}

std::uint32_t patchReferences(const Replacement* functions, std::size_t count,
                              PatchDirection direction) noexcept {
    Patch patch(functions, count, direction);
    ::dl_iterate_phdr(patchIn, &patch);
    ::dl_iterate_phdr(patchIn, &patch); // what was being bound during the first round
    return patch.changed();
}

} // namespace ringscope::tracker
