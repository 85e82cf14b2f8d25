// SPDX-License-Identifier: MIT
#include "tests/fuzz/sparse_image.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <unistd.h>

namespace ringscope {

namespace {

constexpr std::uint64_t kSizeUnit = 64;
constexpr std::uint64_t kWord = 8;
constexpr std::uint16_t kLate = 0x8000;
constexpr std::uint16_t kTimes256 = 0x4000; // the repeats below count 256 each
constexpr std::uint16_t kRepeatsMask = 0x03FF;

class Input {
public:
    explicit Input(std::span<const std::uint8_t> left)
        : m_left(left) {}

    // Zero behind the end.
    template <typename T>
    T next() {
        T value{};
        const std::size_t count = std::min(sizeof(T), m_left.size());
        std::memcpy(&value, m_left.data(), count);
        m_left = m_left.subspan(count);
        return value;
    }
    std::vector<std::uint8_t> bytes(std::size_t count) {
        const auto taken = m_left.first(std::min(count, m_left.size()));
        m_left = m_left.subspan(taken.size());
        return {taken.begin(), taken.end()};
    }
    [[nodiscard]] bool isEmpty() const { return m_left.empty(); }

private:
    std::span<const std::uint8_t> m_left;
};

template <typename T>
void put(std::vector<std::uint8_t>& to, std::uint64_t value) {
    const auto narrow = static_cast<T>(value);
    const auto* from = reinterpret_cast<const std::uint8_t*>(&narrow);
    to.insert(to.end(), from, from + sizeof(T));
}

std::uint64_t sizeFrom(std::uint32_t units) {
    return std::min(units * kSizeUnit, SparseImage::kLargestFile);
}

} // namespace

void SparseImage::writeTo(int file, bool isLate) const {
    const std::uint64_t size = isLate ? lateFileBytes : fileBytes;
    if (!isLate && ::ftruncate(file, 0) != 0) { // so that nothing is left of the one before
        return;
    }
    if (::ftruncate(file, static_cast<off_t>(size)) != 0) {
        return;
    }
    std::uint64_t budget = kMostBytesWritten;
    for (const Run& run : runs) {
        for (std::uint64_t i = 0; run.isLate == isLate && i <= run.repeats; ++i) {
            const std::uint64_t at = run.offset + i * run.step;
            if (at >= size || run.bytes.size() > std::min(budget, size - at)) {
                break;
            }
            budget -= run.bytes.size();
            if (::pwrite(file, run.bytes.data(), run.bytes.size(), static_cast<off_t>(at)) < 0) {
                return;
            }
        }
    }
}

SparseImage decodeImage(std::span<const std::uint8_t> input) {
    Input in(input);
    SparseImage image;
    image.fileBytes = sizeFrom(in.next<std::uint32_t>());
    image.lateFileBytes = sizeFrom(in.next<std::uint32_t>());
    while (!in.isEmpty()) {
        SparseImage::Run run;
        run.offset = in.next<std::uint32_t>() * kWord;
        const auto count = in.next<std::uint16_t>();
        const auto flags = in.next<std::uint16_t>();
        run.isLate = (flags & kLate) != 0;
        run.repeats = (flags & kRepeatsMask) * ((flags & kTimes256) != 0 ? 256U : 1U);
        run.step = in.next<std::uint32_t>() * kWord;
        run.bytes = in.bytes(count);
        image.runs.push_back(std::move(run));
    }
    return image;
}

std::vector<std::uint8_t> encodeImage(const SparseImage& image) {
    std::vector<std::uint8_t> out;
    put<std::uint32_t>(out, image.fileBytes / kSizeUnit);
    put<std::uint32_t>(out, image.lateFileBytes / kSizeUnit);
    for (const SparseImage::Run& run : image.runs) {
        const bool isMany = run.repeats > kRepeatsMask;
        const auto flags =
            static_cast<std::uint16_t>((run.isLate ? kLate : 0U) | (isMany ? kTimes256 : 0U) |
                                       (isMany ? run.repeats / 256 : run.repeats));
        put<std::uint32_t>(out, run.offset / kWord);
        put<std::uint16_t>(out, run.bytes.size());
        put<std::uint16_t>(out, flags);
        put<std::uint32_t>(out, run.step / kWord);
        out.insert(out.end(), run.bytes.begin(), run.bytes.end());
    }
    return out;
}

SparseImage imageOf(std::span<const std::uint8_t> file) {
    SparseImage image;
    image.fileBytes = image.lateFileBytes = (file.size() + kSizeUnit - 1) / kSizeUnit * kSizeUnit;
    const auto isZero = [&](std::size_t at) {
        const auto word = file.subspan(at, std::min<std::size_t>(kWord, file.size() - at));
        return std::all_of(word.begin(), word.end(), [](std::uint8_t byte) { return byte == 0; });
    };
    for (std::size_t at = 0; at < file.size(); at += kWord) {
        if (isZero(at)) {
            continue;
        }
        if (image.runs.empty() || image.runs.back().offset + image.runs.back().bytes.size() != at) {
            image.runs.push_back({at, 0, 0, false, {}});
        }
        const auto word = file.subspan(at, std::min<std::size_t>(kWord, file.size() - at));
        auto& bytes = image.runs.back().bytes;
        bytes.insert(bytes.end(), word.begin(), word.end());
    }
    return image;
}

} // namespace ringscope
