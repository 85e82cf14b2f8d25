// SPDX-License-Identifier: MIT
#include "core/memory/core_dump.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/file_descriptor.h"
#include "core/base/units.h"
#include "core/memory/gcore_ranges.h"
#include "core/memory/region_classifier.h"

namespace ringscope {

namespace {

using std::string_view;

// Layouts and numbers: elf(5), and include/linux/elfcore.h and fs/binfmt_elf.c of Linux. They are
// written down here, as <elf.h> is not on every system that may open a core of Linux.
//
//   ELF header (64 bytes) -> program headers (56 bytes each): PT_NOTE -> notes, PT_LOAD -> memory
constexpr string_view kMagic("\177ELF", 4);
constexpr std::uint64_t kHeaderBytes = 64;
constexpr std::uint64_t kSegmentBytes = 56;
constexpr std::uint64_t kSectionBytes = 64;
constexpr std::uint16_t kTypeCore = 4;
constexpr std::uint16_t kMachineX86 = 62;
constexpr std::uint16_t kMachineArm = 183;
constexpr std::uint64_t kManySegments = 0xffff; // PN_XNUM: the number is in section 0's sh_info
constexpr std::uint32_t kSegmentLoad = 1;
constexpr std::uint32_t kSegmentNote = 4;

constexpr std::uint32_t kNotePrstatus = 1;
constexpr std::uint32_t kNotePrpsinfo = 3;
constexpr std::uint32_t kNoteAuxv = 6;
constexpr std::uint32_t kNoteFile = 0x46494c45;

// More than any process has: what hostile files may make us do.
constexpr std::uint64_t kMaxSegments = std::uint64_t{1} << 22U;
constexpr std::uint64_t kMaxNotes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMaxNoteBytes = std::uint64_t{64} << 20U;

template <typename Value>
Value at(string_view bytes, std::uint64_t offset) {
    Value value{};
    if (offset <= bytes.size() && sizeof(Value) <= bytes.size() - offset) {
        std::memcpy(&value, bytes.data() + offset, sizeof(Value));
    }
    return value;
}

struct LoadSegment {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t inFile = 0; // bytes of it that are in the dump
    std::uint32_t protection = 0;
};

struct MappedName {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    std::uint32_t name = 0; // index into MemoryMap::names
};

// Runs of a name field end at the first zero or with the field.
std::string textField(string_view bytes, std::size_t offset, std::size_t size) {
    if (offset >= bytes.size()) {
        return {};
    }
    const string_view field = bytes.substr(offset, size);
    return std::string(field.substr(0, field.find('\0')));
}

class CoreReader {
public:
    CoreReader(int file, const std::string& path, std::uint64_t fileBytes)
        : m_file(file)
        , m_path(path)
        , m_fileBytes(fileBytes) {}

    Expected<MapSnapshot> read() {
        m_snapshot.origin = MapOrigin::coreDump;
        for (const auto step : {&CoreReader::readHeader, &CoreReader::readSegments,
                                &CoreReader::readNotes, &CoreReader::checkOrder}) {
            if (auto done = (this->*step)(); !done) {
                return done.error();
            }
        }
        joinRanges();
        nameKnownRanges();
        m_maybeHidden = hideWhatGcoreShows(m_snapshot.space);
        m_snapshot.space.areStacksKnown =
            !m_snapshot.space.threads.empty() &&
            std::all_of(m_snapshot.space.threads.begin(), m_snapshot.space.threads.end(),
                        [](const ThreadPlace& thread) { return thread.stackPointer != 0; });
        m_snapshot.types = classifyRegions(m_snapshot.space);
        addRemarks();
        return std::move(m_snapshot);
    }

private:
    [[nodiscard]] Error damaged(const std::string& why) const {
        return makeError(ErrorKind::damaged,
                         m_path + " is no core dump that Ringscope can read: " + why);
    }

    // Exactly these bytes, or nothing when the file has not all of them.
    [[nodiscard]] std::optional<std::string> bytes(std::uint64_t offset, std::uint64_t size) const {
        if (offset > m_fileBytes || size > m_fileBytes - offset) {
            return std::nullopt;
        }
        std::string text(size, '\0');
        std::size_t used = 0;
        while (used < text.size()) {
            const ssize_t got = ::pread(m_file, text.data() + used, text.size() - used,
                                        static_cast<off_t>(offset + used));
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                return std::nullopt;
            }
            used += static_cast<std::size_t>(got);
        }
        return text;
    }

    Expected<void> readHeader() {
        const auto header = bytes(0, kHeaderBytes);
        if (!header || !startsAsElf(*header)) {
            return damaged("its header is missing or cut short; copy the whole file");
        }
        if ((*header)[4] != 2 || (*header)[5] != 1) {
            return damaged("it is of a 32-bit or big-endian program, and only 64-bit little-endian "
                           "ones are supported; open it with gdb");
        }
        if (at<std::uint16_t>(*header, 16) != kTypeCore) {
            return damaged("it is a program or library; give the core that the program left");
        }
        m_machine = at<std::uint16_t>(*header, 18);
        if (m_machine != kMachineX86 && m_machine != kMachineArm) {
            return damaged("it is of machine " + std::to_string(m_machine) +
                           ", and only x86-64 and aarch64 are supported; open it with gdb");
        }
        m_segmentsAt = at<std::uint64_t>(*header, 32);
        m_segmentCount = at<std::uint16_t>(*header, 56);
        if (m_segmentCount == kManySegments) {
            const auto section = bytes(at<std::uint64_t>(*header, 40), kSectionBytes);
            if (!section) {
                return damaged("the number of its segments is missing; copy the whole file");
            }
            m_segmentCount = at<std::uint32_t>(*section, 44);
        }
        if (at<std::uint16_t>(*header, 54) != kSegmentBytes || m_segmentCount == 0 ||
            m_segmentCount > kMaxSegments) {
            return damaged("its table of segments makes no sense; write the dump again");
        }
        return {};
    }

    Expected<void> readSegments() {
        if (m_segmentsAt > m_fileBytes ||
            m_segmentCount * kSegmentBytes > m_fileBytes - m_segmentsAt) {
            return damaged("its table of segments is cut short; copy the whole file");
        }
        constexpr std::uint64_t kAtOnce = 1024;
        for (std::uint64_t first = 0; first < m_segmentCount; first += kAtOnce) {
            const std::uint64_t count = std::min(kAtOnce, m_segmentCount - first);
            const auto table = bytes(m_segmentsAt + first * kSegmentBytes, count * kSegmentBytes);
            if (!table) {
                return damaged("its table of segments cannot be read; copy the whole file");
            }
            for (std::uint64_t i = 0; i < count; ++i) {
                const auto header = string_view(*table).substr(i * kSegmentBytes, kSegmentBytes);
                if (!addSegment(header)) {
                    return damaged("segment " + std::to_string(first + i) +
                                   " does not fit into an address space; write the dump again");
                }
            }
        }
        return {};
    }

    bool addSegment(string_view header) {
        const auto type = at<std::uint32_t>(header, 0);
        const auto offset = at<std::uint64_t>(header, 8);
        const auto inFile = at<std::uint64_t>(header, 32);
        if (type == kSegmentNote) {
            m_notes.push_back({offset, inFile});
        }
        if (type != kSegmentLoad) {
            return true;
        }
        LoadSegment load;
        load.start = at<std::uint64_t>(header, 16);
        const auto size = at<std::uint64_t>(header, 40);
        load.protection = at<std::uint32_t>(header, 4);
        load.inFile = std::min(inFile, size);
        if (size > UINT64_MAX - load.start) {
            return false;
        }
        load.end = load.start + size;
        m_notDumped += size - load.inFile;
        const std::uint64_t there = offset > m_fileBytes ? 0 : m_fileBytes - offset;
        m_cutOff += load.inFile - std::min(load.inFile, there);
        if (size > 0) {
            m_loads.push_back(load);
        }
        return true;
    }

    Expected<void> readNotes() {
        // Parts that lie over each other would be read again and again.
        std::sort(m_notes.begin(), m_notes.end());
        std::uint64_t left = kMaxNotes;
        std::uint64_t readEnd = 0;
        for (const auto& [start, size] : m_notes) {
            if (start < readEnd) {
                return damaged("two parts of its notes lie over each other; write the dump again");
            }
            if (start > m_fileBytes || size > m_fileBytes - start) {
                return damaged("its notes are cut short; copy the whole file");
            }
            std::uint64_t place = start;
            const std::uint64_t end = start + size;
            readEnd = end;
            while (end - place >= 12) {
                if (left-- == 0) {
                    return damaged("it has more notes than any process; write the dump again");
                }
                const auto header = bytes(place, 12);
                if (!header) {
                    return damaged("its notes cannot be read; copy the whole file");
                }
                const std::uint64_t nameSize = at<std::uint32_t>(*header, 0);
                const std::uint64_t size32 = at<std::uint32_t>(*header, 4);
                const std::uint64_t body = 12 + (nameSize + 3) / 4 * 4;
                if (body > end - place || size32 > end - place - body) {
                    return damaged("a note is longer than all of them; write the dump again");
                }
                if (auto read = readNote(at<std::uint32_t>(*header, 8), place, nameSize,
                                         place + body, size32);
                    !read) {
                    return read.error();
                }
                const std::uint64_t whole = body + (size32 + 3) / 4 * 4;
                place += std::min(whole, end - place);
            }
        }
        return {};
    }

    Expected<void> readNote(std::uint32_t type, std::uint64_t place, std::uint64_t nameSize,
                            std::uint64_t bodyAt, std::uint64_t size) {
        if ((type != kNotePrstatus && type != kNotePrpsinfo && type != kNoteAuxv &&
             type != kNoteFile) ||
            nameSize != 5 || bytes(place + 12, 4) != "CORE") {
            return {};
        }
        m_noteBytes += size;
        if (m_noteBytes > kMaxNoteBytes) {
            return damaged("its notes have more than 64 MiB; write the dump again");
        }
        const auto body = bytes(bodyAt, size);
        if (!body) {
            return damaged("its notes cannot be read; copy the whole file");
        }
        switch (type) {
        case kNotePrstatus:
            addThread(*body);
            break;
        case kNotePrpsinfo:
            readProgram(*body);
            break;
        case kNoteAuxv:
            readAuxv(*body);
            break;
        default:
            if (m_hasFiles) {
                return damaged("it lists its files twice; write the dump again");
            }
            m_hasFiles = true;
            return readFiles(*body);
        }
        return {};
    }

    // struct elf_prstatus: pid at 32, registers from 112: rsp is the 20th of x86-64, sp the 32nd of
    // aarch64.
    void addThread(string_view body) {
        ThreadPlace thread;
        thread.tid = at<std::int32_t>(body, 32);
        thread.stackPointer = at<std::uint64_t>(body, m_machine == kMachineX86 ? 264 : 360);
        m_snapshot.space.threads.push_back(std::move(thread));
    }

    // struct elf_prpsinfo: pid at 24, the first 15 bytes of the name at 40, 79 of the arguments
    // at 56.
    void readProgram(string_view body) {
        m_snapshot.space.process.pid = at<std::int32_t>(body, 24);
        m_snapshot.name = textField(body, 40, 16);
        m_snapshot.command = textField(body, 56, 80);
        while (m_snapshot.command.ends_with(' ')) {
            m_snapshot.command.pop_back();
        }
    }

    void readAuxv(string_view body) {
        constexpr std::uint64_t kPageSize = 6;
        constexpr std::uint64_t kEntry = 9;
        constexpr std::uint64_t kRandom = 25;
        constexpr std::uint64_t kProgramName = 31;
        constexpr std::uint64_t kVdso = 33;
        for (std::size_t i = 0; i + 16 <= body.size(); i += 16) {
            const auto key = at<std::uint64_t>(body, i);
            const auto value = at<std::uint64_t>(body, i + 8);
            if (key == kPageSize && value >= 4096 && value <= (1U << 20U) &&
                (value & (value - 1)) == 0) {
                m_snapshot.pageSize = value;
            } else if (key == kEntry) {
                m_entry = value;
            } else if (key == kVdso) {
                m_vdso = value;
            } else if (key == kRandom || key == kProgramName) { // the kernel puts both there
                m_inMainStack = value;
            }
        }
    }

    // NT_FILE: count, page size, count times (start, end, offset in pages), count names.
    Expected<void> readFiles(string_view body) {
        const auto count = at<std::uint64_t>(body, 0);
        const auto unit = at<std::uint64_t>(body, 8);
        if (body.size() < 16 || count > (body.size() - 16) / 24) {
            return damaged("its list of files is cut short; write the dump again");
        }
        string_view names = body.substr(16 + count * 24);
        for (std::uint64_t i = 0; i < count; ++i) {
            MappedName file;
            file.start = at<std::uint64_t>(body, 16 + i * 24);
            file.end = at<std::uint64_t>(body, 24 + i * 24);
            const auto pages = at<std::uint64_t>(body, 32 + i * 24);
            const auto end = names.find('\0');
            if (file.start >= file.end || end == string_view::npos ||
                (unit != 0 && pages > UINT64_MAX / unit)) {
                return damaged("its list of files makes no sense; write the dump again");
            }
            file.offset = pages * unit;
            file.name = intern(names.substr(0, end));
            names.remove_prefix(end + 1);
            m_files.push_back(file);
        }
        return {};
    }

    // As smaps writes them: newlines as \012.
    std::uint32_t intern(string_view raw) {
        std::string name;
        for (const char c : raw) {
            name += c == '\n' ? std::string("\\012") : std::string(1, c);
        }
        if (name.empty()) {
            return 0;
        }
        auto& names = m_snapshot.space.map.names;
        const auto [found, isNew] = m_names.emplace(name, static_cast<std::uint32_t>(names.size()));
        if (isNew) {
            names.push_back(std::move(name));
        }
        return found->second;
    }

    Expected<void> checkOrder() {
        const auto isBelow = [](const auto& a, const auto& b) { return a.start < b.start; };
        const auto isOver = [](const auto& a, const auto& b) { return b.start < a.end; };
        std::sort(m_loads.begin(), m_loads.end(), isBelow);
        std::sort(m_files.begin(), m_files.end(), isBelow);
        if (std::adjacent_find(m_loads.begin(), m_loads.end(), isOver) != m_loads.end() ||
            std::adjacent_find(m_files.begin(), m_files.end(), isOver) != m_files.end()) {
            return damaged("two of its ranges overlap; write the dump again");
        }
        if (m_loads.empty() && m_files.empty()) {
            return damaged("it has no memory; write the dump again");
        }
        return {};
    }

    // Each stretch of addresses that one segment, one file or one of each covers is a region.
    void joinRanges() {
        auto load = m_loads.begin();
        auto file = m_files.begin();
        std::uint64_t from = 0;
        while (load != m_loads.end() || file != m_files.end()) {
            const std::uint64_t loadStart =
                load == m_loads.end() ? UINT64_MAX : std::max(from, load->start);
            const std::uint64_t fileStart =
                file == m_files.end() ? UINT64_MAX : std::max(from, file->start);
            const std::uint64_t start = std::min(loadStart, fileStart);
            std::uint64_t end = UINT64_MAX;
            if (load != m_loads.end()) {
                end = std::min(end, loadStart == start ? load->end : loadStart);
            }
            if (file != m_files.end()) {
                end = std::min(end, fileStart == start ? file->end : fileStart);
            }
            addRegion(start, end, loadStart == start && load != m_loads.end() ? &*load : nullptr,
                      fileStart == start && file != m_files.end() ? &*file : nullptr);
            from = end;
            load += load != m_loads.end() && load->end <= from ? 1 : 0;
            file += file != m_files.end() && file->end <= from ? 1 : 0;
        }
    }

    void addRegion(std::uint64_t start, std::uint64_t end, const LoadSegment* load,
                   const MappedName* file) {
        MemoryRegion region;
        region.start = start;
        region.end = end;
        if (load != nullptr) {
            region.isExecutable = (load->protection & 1U) != 0;
            region.isWritable = (load->protection & 2U) != 0;
            region.isReadable = (load->protection & 4U) != 0;
        } else {
            m_withoutSegment += end - start;
        }
        if (file != nullptr) {
            region.name = file->name;
            region.inode = file->name;
            const std::uint64_t into = start - file->start;
            region.offset = into > UINT64_MAX - file->offset ? 0 : file->offset + into;
        }
        m_isDumped.push_back(load != nullptr && load->inFile > 0);
        m_snapshot.space.map.regions.push_back(region);
    }

    [[nodiscard]] std::optional<std::size_t> regionAt(std::uint64_t address) const {
        const auto& regions = m_snapshot.space.map.regions;
        const auto above = std::upper_bound(
            regions.begin(), regions.end(), address,
            [](std::uint64_t value, const MemoryRegion& region) { return value < region.start; });
        if (above == regions.begin() || std::prev(above)->end <= address) {
            return std::nullopt;
        }
        return static_cast<std::size_t>(std::distance(regions.begin(), above) - 1);
    }

    void nameAnonymous(std::size_t index, string_view name) {
        MemoryRegion& region = m_snapshot.space.map.regions[index];
        if (region.name == 0) {
            region.name = intern(name);
        }
    }

    // By place and shape: what the vdso reads lies directly below it, in one range or, from Linux
    // 6.13 on, in two. gcore leaves it out, the kernel of late does not.
    void nameWhatVdsoReads(std::size_t vdso) {
        const auto& regions = m_snapshot.space.map.regions;
        std::size_t first = vdso;
        while (first > 0 && vdso - first < 2 && regions[first - 1].end == regions[first].start &&
               regions[first - 1].name == 0 && regions[first - 1].isReadable &&
               !regions[first - 1].isWritable && !regions[first - 1].isExecutable) {
            --first;
        }
        if (first < vdso) {
            nameAnonymous(first, "[vvar]");
        }
        if (first + 1 < vdso) {
            nameAnonymous(first + 1, "[vvar_vclock]");
        }
    }

    void nameKnownRanges() {
        auto& regions = m_snapshot.space.map.regions;
        if (const auto vdso = m_vdso == 0 ? std::nullopt : regionAt(m_vdso)) {
            nameAnonymous(*vdso, "[vdso]");
            nameWhatVdsoReads(*vdso);
        }
        // gcore leaves out code that nobody changed, which would hide the program: it starts there.
        if (const auto code = m_entry == 0 ? std::nullopt : regionAt(m_entry);
            code && regions[*code].name != 0 && regions[*code].hasNoAccess()) {
            regions[*code].isReadable = regions[*code].isExecutable = true;
        }
        constexpr std::uint64_t kVsyscall = 0xffffffffff600000;
        if (const auto gate = m_machine == kMachineX86 ? regionAt(kVsyscall) : std::nullopt) {
            nameAnonymous(*gate, "[vsyscall]");
        }
        std::uint64_t inStack = m_inMainStack;
        for (const ThreadPlace& thread : m_snapshot.space.threads) {
            if (inStack == 0 &&
                (thread.tid == m_snapshot.space.process.pid || m_snapshot.space.process.pid == 0)) {
                inStack = thread.stackPointer;
            }
        }
        if (const auto stack = inStack == 0 ? std::nullopt : regionAt(inStack);
            stack && regions[*stack].isWritable) {
            nameAnonymous(*stack, "[stack]");
        }
    }

    void addRemarks() {
        auto& remarks = m_snapshot.remarks;
        remarks.emplace_back("A core dump does not tell what was in physical memory, so there are "
                             "no resident, proportional or swapped sizes.");
        remarks.emplace_back("A core dump does not name the heap, so malloc's memory other than "
                             "arenas is Private Data, or taken for the end of the program.");
        const auto add = [&](std::uint64_t size, const char* what) {
            if (size > 0) {
                remarks.push_back(formatBytes(static_cast<double>(size)) + " (" +
                                  std::to_string(size) + " bytes) " + what);
            }
        };
        add(m_notDumped, "of its ranges are not in the dump, as the process or the system asked.");
        add(m_withoutSegment,
            "of files have no segment: their protection is not known and shown as none.");
        add(m_cutOff, "that should be in the dump are missing: the file is cut short.");
        add(m_maybeHidden,
            "without a file are read-only here, as gcore writes also what nobody may "
            "access: some may be Reserved.");
        if (m_snapshot.space.threads.empty()) {
            remarks.emplace_back("The dump names no threads, so their stacks are guessed.");
        }
    }

    const int m_file;
    const std::string& m_path;
    const std::uint64_t m_fileBytes;
    std::uint16_t m_machine = 0;
    std::uint64_t m_segmentsAt = 0;
    std::uint64_t m_segmentCount = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> m_notes; // offset and size in the file
    std::uint64_t m_noteBytes = 0;                                // of those that were read
    bool m_hasFiles = false;                                      // NT_FILE was read
    std::vector<LoadSegment> m_loads;
    std::vector<MappedName> m_files;
    std::vector<bool> m_isDumped; // of each region: some of it
    std::unordered_map<std::string, std::uint32_t> m_names;
    std::uint64_t m_entry = 0;
    std::uint64_t m_vdso = 0;
    std::uint64_t m_inMainStack = 0;
    std::uint64_t m_notDumped = 0;
    std::uint64_t m_withoutSegment = 0;
    std::uint64_t m_cutOff = 0;
    std::uint64_t m_maybeHidden = 0; // anonymous and read-only, in a dump of gcore
    MapSnapshot m_snapshot;
};

} // namespace

bool startsAsElf(string_view head) {
    return head.starts_with(kMagic);
}

Expected<MapSnapshot> readCoreDump(const std::string& path) {
    // A FIFO must not hold us up.
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file.isOpen() || ::fstat(file.get(), &status) != 0) {
        return systemError(ErrorKind::target, "cannot open " + path, errno);
    }
    auto snapshot =
        CoreReader(file.get(), path, static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0)))
            .read();
    if (snapshot) {
        snapshot->wallNs =
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    }
    return snapshot;
}

} // namespace ringscope
