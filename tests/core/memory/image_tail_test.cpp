// SPDX-License-Identifier: MIT
#include "core/memory/image_tail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <elf.h>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "core/memory/address_space.h"
#include "core/memory/region_classifier.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

// A library of two pages whose data says how much memory it wants, mapped as a loader does it, with
// 100 pages of anonymous memory directly above: .bss, the program's own, or both in one mapping.
class ImageTail : public ::testing::Test {
protected:
    ~ImageTail() override {
        if (m_base != nullptr) {
            ::munmap(m_base, kReserved * m_page);
        }
    }

    void load(std::uint64_t zeroedPages) {
        Elf64_Ehdr head{};
        std::copy_n(ELFMAG, SELFMAG, head.e_ident);
        head.e_ident[EI_CLASS] = ELFCLASS64;
        head.e_ident[EI_DATA] = ELFDATA2LSB;
        head.e_phoff = sizeof head;
        head.e_phentsize = sizeof(Elf64_Phdr);
        head.e_phnum = 1;
        Elf64_Phdr data{};
        data.p_type = PT_LOAD;
        data.p_offset = data.p_vaddr = m_page;
        data.p_filesz = m_page;
        data.p_memsz = m_page * (1 + zeroedPages);
        std::string bytes(2 * m_page, '\0');
        bytes.replace(0, sizeof head, reinterpret_cast<const char*>(&head), sizeof head);
        bytes.replace(sizeof head, sizeof data, reinterpret_cast<const char*>(&data), sizeof data);
        std::ofstream(path(), std::ios::binary) << bytes;
        const FileDescriptor file(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
        m_base = static_cast<char*>(
            ::mmap(nullptr, kReserved * m_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        map(0, 1, PROT_READ | PROT_EXEC, file.get());
        map(1, 1, PROT_READ | PROT_WRITE, file.get());
        map(2, kAbove, PROT_READ | PROT_WRITE, -1);
    }

    [[nodiscard]] std::string typeAbove() const {
        const auto space = readAddressSpace(selfProcess()).value();
        const auto types = classifyRegions(space);
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (space.map.regions[i].start == addressOf(2)) {
                EXPECT_EQ(space.map.regions[i].size(), kAbove * m_page);
                return std::string(memoryTypeName(types[i]));
            }
        }
        return "no such region";
    }
    [[nodiscard]] std::optional<std::uint64_t> endOfZeroed() const {
        const auto space = readAddressSpace(selfProcess()).value();
        for (const MemoryRegion& region : space.map.regions) {
            if (region.start == addressOf(1)) {
                return zeroedDataEnd(path(), region);
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] std::uint64_t addressOf(std::size_t page) const {
        return reinterpret_cast<std::uintptr_t>(m_base) + page * m_page;
    }
    [[nodiscard]] std::string path() const { return m_folder.path() + "/libprobe.so"; }

    static constexpr std::size_t kAbove = 100;
    static constexpr std::size_t kReserved = kAbove + 10;

private:
    void map(std::size_t page, std::size_t pages, int protection, int file) {
        const int flags = MAP_PRIVATE | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);
        const auto offset = file < 0 ? 0 : static_cast<off_t>(page * m_page);
        ASSERT_NE(::mmap(m_base + page * m_page, pages * m_page, protection, flags, file, offset),
                  MAP_FAILED);
    }

    TemporaryFolder m_folder;
    std::size_t m_page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    char* m_base = nullptr;
};

TEST_F(ImageTail, WhatTheProgramHeadersAskForIsOfTheImage) {
    load(kAbove);
    EXPECT_EQ(endOfZeroed(), addressOf(2 + kAbove));
    EXPECT_EQ(typeAbove(), "Image");
}

TEST_F(ImageTail, MemoryOfTheProgramRightAboveALibraryIsItsOwn) {
    load(1);
    EXPECT_EQ(endOfZeroed(), addressOf(3));
    EXPECT_EQ(typeAbove(), "Private Data");
}

TEST_F(ImageTail, ALibraryWithoutZeroedDataHasNothingAbove) {
    load(0);
    EXPECT_EQ(endOfZeroed(), addressOf(2));
    EXPECT_EQ(typeAbove(), "Private Data");
}

TEST_F(ImageTail, OfAFileThatIsAnotherOneByNowNothingIsSaid) {
    load(1);
    std::ofstream(path() + ".new") << "another";
    ASSERT_EQ(::rename((path() + ".new").c_str(), path().c_str()), 0);
    EXPECT_EQ(endOfZeroed(), std::nullopt);
}

} // namespace
} // namespace ringscope
