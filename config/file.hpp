// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace paysync::config {

/// Content and permissions of a file, both read through the same descriptor, so that they belong to
/// the same file.
struct FileContent {
    std::string text;
    mode_t mode = 0;
};

/// Reads a regular file of at most `limit` bytes. Does not block on pipes and devices, but refuses
/// them. Throws std::runtime_error with a reason that does not name the file.
FileContent read_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace paysync::config
