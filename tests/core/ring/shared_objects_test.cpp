// SPDX-License-Identifier: MIT
#include "core/base/printable_name.h"
#include "core/ring/shared_objects.h"

#include <algorithm>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "core/ring/shared_object_users.h"
#include "tests/support/forked_process.h"
#include "tests/support/system_v_segment.h"

namespace ringscope {

namespace {

constexpr std::size_t kBytes = 8192;

std::string nameOf(const std::string& what) {
    return "shared-object-test-" + std::to_string(::getpid()) + "-" + what;
}

// A file of /dev/shm that nobody has open; removed at the end.
class ShmFile {
public:
    explicit ShmFile(std::string name)
        : m_name(std::move(name)) {
        const int file = ::open(path().c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        m_isMade = file >= 0 && ::ftruncate(file, kBytes) == 0;
        ::close(file);
    }
    ShmFile(const ShmFile&) = delete;
    ShmFile& operator=(const ShmFile&) = delete;
    ~ShmFile() { ::unlink(path().c_str()); }
    [[nodiscard]] std::string path() const { return "/dev/shm/" + m_name; }
    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] bool isMade() const { return m_isMade; }
    [[nodiscard]] bool isThere() const { return ::access(path().c_str(), F_OK) == 0; }
    [[nodiscard]] int open() const { return ::open(path().c_str(), O_RDWR | O_CLOEXEC); }

private:
    std::string m_name;
    bool m_isMade = false;
};

std::optional<SharedObject> find(const std::string& name) {
    const auto objects = listSharedObjects();
    const auto found = std::find_if(objects.begin(), objects.end(),
                                    [&name](const auto& object) { return object.name == name; });
    return found == objects.end() ? std::nullopt : std::optional(*found);
}

bool has(const std::vector<std::int32_t>& pids, std::int32_t pid) {
    return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

// In a container processes outside it may use a file of /dev/shm, so none may be removed.
bool seesEveryProcess() {
    return selfProcess().pidNamespace == 0xEFFFFFFC && ::geteuid() == 0;
}

} // namespace

TEST(SharedObjects, RemovesAFileThatNobodyUses) {
    if (!seesEveryProcess()) {
        GTEST_SKIP() << "in a container, or not root: such a file is never removed there";
    }
    const ShmFile file(nameOf("unused"));
    const auto object = find(file.name());
    ASSERT_TRUE(object && object->isOrphaned) << (object ? object->state : "not listed");
    EXPECT_EQ(object->bytes, kBytes);
    EXPECT_FALSE(object->isSwept);
    const auto removed = removeSharedObject(*object);
    EXPECT_TRUE(removed) << removed.error().message;
    EXPECT_FALSE(file.isThere());
}

TEST(SharedObjects, LeavesAFileThatSomebodyMappedMeanwhile) {
    const ShmFile file(nameOf("mapped"));
    const auto object = find(file.name());
    ASSERT_TRUE(object);
    const int opened = file.open();
    void* const mapping = ::mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, opened, 0);
    ::close(opened);
    EXPECT_FALSE(removeSharedObject(*object));
    EXPECT_TRUE(file.isThere());
    const auto now = find(file.name());
    EXPECT_TRUE(now && has(now->mappedBy, ::getpid()) && !now->isOrphaned);
    ::munmap(mapping, kBytes);
}

TEST(SharedObjects, LeavesAFileThatSomebodyHasOpen) {
    const ShmFile file(nameOf("open"));
    const int opened = file.open();
    const auto object = find(file.name());
    ASSERT_TRUE(object);
    EXPECT_TRUE(has(object->heldBy, ::getpid()));
    EXPECT_FALSE(removeSharedObject(*object));
    EXPECT_TRUE(file.isThere());
    ::close(opened);
}

TEST(SharedObjects, LeavesAnotherFileOfTheSameName) {
    const ShmFile first(nameOf("replaced"));
    const auto object = find(first.name());
    ASSERT_TRUE(object);
    const ShmFile other(nameOf("replacement"));
    ASSERT_EQ(::rename(other.path().c_str(), first.path().c_str()), 0);
    EXPECT_FALSE(removeSharedObject(*object));
    EXPECT_TRUE(first.isThere());
}

TEST(SharedObjects, TakesANameWithNewlineAndDeletedAsItIs) {
    const ShmFile file(nameOf("a\nb (deleted)"));
    ASSERT_TRUE(file.isMade());
    const int opened = file.open();
    const auto object = find(file.name());
    ASSERT_TRUE(object);
    EXPECT_EQ(object->kind, SharedObjectKind::posix);
    EXPECT_TRUE(has(object->heldBy, ::getpid()));
    const auto objects = listSharedObjects();
    EXPECT_EQ(std::count_if(objects.begin(), objects.end(),
                            [&](const auto& other) { return other.file == object->file; }),
              1);
    EXPECT_EQ(printableName("a\nb\\"), "a\\012b\\134");
    ::close(opened);
}

TEST(SharedObjects, SaysWhoHoldsAMemfd) {
    const int file = ::memfd_create("shared-object-test", MFD_CLOEXEC);
    ASSERT_EQ(::ftruncate(file, kBytes), 0);
    struct stat status {};
    ::fstat(file, &status);
    const auto objects = listSharedObjects();
    const auto object = std::find_if(objects.begin(), objects.end(), [&](const auto& other) {
        return other.file == FileKey{status.st_dev, status.st_ino};
    });
    ASSERT_NE(object, objects.end());
    EXPECT_EQ(object->name, "memfd:shared-object-test");
    EXPECT_EQ(object->bytes, kBytes);
    EXPECT_TRUE(has(object->heldBy, ::getpid()));
    EXPECT_FALSE(removeSharedObject(*object));
    ::close(file);
}

TEST(SharedObjects, RemovesASystemVSegmentOfADeadCreator) {
    int pipeEnds[2];
    ASSERT_EQ(::pipe(pipeEnds), 0);
    int id = -1;
    pid_t creator = 0;
    {
        const ForkedProcess child([&pipeEnds] {
            const int made = ::shmget(IPC_PRIVATE, kBytes, IPC_CREAT | 0600);
            (void)!::write(pipeEnds[1], &made, sizeof(made));
        });
        creator = child.pid();
        ASSERT_EQ(::read(pipeEnds[0], &id, sizeof(id)), static_cast<ssize_t>(sizeof(id)));
    }
    ::close(pipeEnds[0]);
    ::close(pipeEnds[1]);
    const auto object = find("shmid:" + std::to_string(id));
    ASSERT_TRUE(object);
    EXPECT_EQ(object->creatorPid, creator);
    EXPECT_EQ(object->creator, Liveness::dead);
    EXPECT_TRUE(object->isOrphaned);
    EXPECT_TRUE(removeSharedObject(*object));
    EXPECT_FALSE(find(object->name));
    ::shmctl(id, IPC_RMID, nullptr);
}

TEST(SharedObjects, LeavesASystemVSegmentThatIsAttached) {
    const SystemVSegment segment;
    const auto object = find(segment.name());
    ASSERT_TRUE(object);
    EXPECT_TRUE(object->keptBecause.empty()) << object->keptBecause;
    EXPECT_EQ(object->creator, Liveness::alive);
    void* const mapping = ::shmat(segment.id(), nullptr, SHM_RDONLY);
    EXPECT_FALSE(removeSharedObject(*object));
    EXPECT_TRUE(segment.isThere());
    const auto now = find(segment.name());
    EXPECT_TRUE(now && now->attaches == 1 && has(now->mappedBy, ::getpid()));
    ::shmdt(mapping);
}

TEST(SharedObjects, ReadsALineOfMaps) {
    const MapsLine line = parseSharedMapsLine(
        "7f0000000000-7f0000002000 rw-s 00001000 00:1a 42                 /dev/shm/a b (deleted)");
    EXPECT_TRUE(line.isShared);
    EXPECT_TRUE(line.isRemoved);
    EXPECT_EQ(line.path, "/dev/shm/a b");
    EXPECT_EQ(line.file.inode, 42U);
    EXPECT_EQ(line.endInFile, 0x3000U);
    EXPECT_FALSE(parseSharedMapsLine("7f00-7f10 rw-p 00000000 00:00 0 [heap]").isShared);
    EXPECT_FALSE(parseSharedMapsLine("").isShared);
}

} // namespace ringscope
