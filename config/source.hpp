// SPDX-License-Identifier: MIT
#pragma once

#include "config/node.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace paysync::config {

/// The parsed files of a document, shared by the document and its sections.
struct Source {
    std::vector<std::string> files;  ///< names, indexed by Position::file
    Node root;
    bool group_writable = false;
    std::map<std::string, std::vector<std::string>> known;  ///< path of a section → its known keys
    std::vector<std::string> known_paths;  ///< full paths of all known keys, in order

    const std::string& file_of(const Position& at) const { return files.at(at.file); }

    /// Adds `key` to the known keys of the section at `path`.
    void note(const std::string& path, std::string_view key);
};

/// `section.key`, or `key` for the top of the file.
std::string join_path(const std::string& path, std::string_view key);

}  // namespace paysync::config
