// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace paysync::config {

/// What a file held, and who could have written or read it, both taken from one open descriptor.
struct FileContent {
    std::string text;
    mode_t mode = 0;
};

/// Reads a regular file of at most `limit` bytes; never blocks on a pipe or device. Throws
/// std::runtime_error with a reason that does not name the file.
FileContent read_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace paysync::config
