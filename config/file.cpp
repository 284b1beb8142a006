// SPDX-License-Identifier: MIT
#include "config/file.hpp"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace paysync::config {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }

private:
    int number_;
};

[[noreturn]] void fail(const char* action, int error) {
    throw std::runtime_error(std::string("cannot ") + action + ": " +
                             std::generic_category().message(error));
}

}  // namespace

FileContent read_file(const std::filesystem::path& path, std::size_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.number() < 0)
        fail("open", errno);
    struct stat status {};
    if (::fstat(file.number(), &status) != 0)
        fail("inspect", errno);
    if (S_ISDIR(status.st_mode))
        throw std::runtime_error("is a directory");
    if (!S_ISREG(status.st_mode))
        throw std::runtime_error("is not a regular file");

    FileContent content{{}, status.st_mode};
    // Allocated once: growing would leave copies of a secret in freed memory.
    content.text.reserve(std::min(static_cast<std::size_t>(status.st_size), limit) + 1);
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            fail("read", errno);
        if (count == 0)
            break;
        content.text.append(buffer.data(), static_cast<std::size_t>(count));
        if (content.text.size() > limit)
            throw std::runtime_error("is larger than " + std::to_string(limit) + " bytes");
    }
    ::explicit_bzero(buffer.data(), buffer.size());
    return content;
}

}  // namespace paysync::config
