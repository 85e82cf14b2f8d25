// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"

namespace ringscope {

// What a tracker wrote: a file that it handed over, or one that can only be seen where another
// process has it mapped. One thread at a time.
class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    struct Amount {
        std::size_t bytes = 0; // fewer than asked for: the end, or an error
        int errnoValue = 0;
    };
    [[nodiscard]] virtual Amount read(void* to, std::size_t bytes, std::uint64_t offset) const = 0;
    // 0: not known.
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    [[nodiscard]] virtual std::uint64_t residentBytes() const = 0;

    // What was ever written of [offset, end), from its beginning to the first hole; empty (begin ==
    // end): nothing. The rest is zero.
    struct Part {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    [[nodiscard]] virtual Part nextWritten(std::uint64_t offset, std::uint64_t end) const = 0;

    // False: it could not be, or this is no source that is written to.
    [[nodiscard]] virtual bool write(const void* from, std::size_t bytes, std::uint64_t offset) = 0;
};

// By pread.
[[nodiscard]] std::unique_ptr<ByteSource> fileBytes(FileDescriptor file);

// The anonymous file (memfd) of that name that a process has mapped from its beginning. By the file
// itself where the kernel lets us open it (CAP_CHECKPOINT_RESTORE), otherwise out of the process's
// memory, where what it never touched counts as zero: nothing is made its own by our reading.
// Errors (target): the process has none, is gone, or that is not permitted.
enum class MappedFileBy : std::uint8_t { fileOrMemory, memory };
[[nodiscard]] Expected<std::unique_ptr<ByteSource>>
mappedFile(const ProcessIdentity& process, const std::string& name,
           MappedFileBy by = MappedFileBy::fileOrMemory);

} // namespace ringscope
