// SPDX-License-Identifier: MIT
#pragma once

#include "config/node.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace paysync::config {

/// What a document and its sections share.
struct Source {
    std::vector<std::string> files;  ///< as Position::file counts them
    Node root;
    bool group_writable = false;
    std::map<std::string, std::vector<std::string>> known;  ///< section path → keys asked for
    std::vector<std::string> known_paths;                   ///< the same as full paths, in order

    const std::string& file_of(const Position& at) const { return files.at(at.file); }

    /// Remembers that the section at `path` has a key `key`.
    void note(const std::string& path, std::string_view key);
};

/// `section.key`, or `key` for the top of the file.
std::string join_path(const std::string& path, std::string_view key);

}  // namespace paysync::config
