// SPDX-License-Identifier: MIT
#include "config/file.hpp"
#include "config/reader.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

namespace paysync::config {
namespace {

constexpr std::size_t kLargestDocument = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The drop-ins in their order; none when the folder is not there.
std::vector<std::filesystem::path> drop_ins(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    const auto there = std::filesystem::status(folder, error);
    if (!std::filesystem::exists(there))
        return files;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (const auto name = entry->path().filename().string();
            name.ends_with(".yaml") && !name.starts_with('.'))
            files.push_back(entry->path());
    if (error)
        throw Error(folder.string(), {}, "", error.message());
    std::sort(files.begin(), files.end());
    return files;
}

/// Marks all places below a node as those of another file.
void come_from(std::size_t file, Node& node) {
    node.at.file = file;
    for (auto& item : node.items)
        come_from(file, item);
    for (auto& member : node.members) {
        member.at.file = file;
        come_from(file, member.value);
    }
}

/// Maps are merged key by key, anything else is replaced.
void merge(Node& into, Node from) {
    if (into.kind != Node::Kind::map || from.kind != Node::Kind::map) {
        into = std::move(from);
        return;
    }
    for (auto& member : from.members) {
        const auto same = std::find_if(into.members.begin(), into.members.end(),
                                       [&](const Member& old) { return old.key == member.key; });
        if (same == into.members.end()) {
            into.members.push_back(std::move(member));
        } else {
            same->at = member.at;
            merge(same->value, std::move(member.value));
        }
    }
}

}  // namespace

void Source::note(const std::string& path, std::string_view key) {
    auto& keys = known[path];
    if (std::find(keys.begin(), keys.end(), key) != keys.end())
        return;
    keys.emplace_back(key);
    known_paths.push_back(join_path(path, key));
}

std::string join_path(const std::string& path, std::string_view key) {
    return fmt::format("{}{}{}", path, path.empty() || key.empty() ? "" : ".", key);
}

Document::Document(std::shared_ptr<Source> source) : source_(std::move(source)) {}

Document Document::load(const std::filesystem::path& path) {
    Document document = load_one(path);
    for (const auto& drop_in : drop_ins(path.string() + ".d"))
        document.overlay(load_one(drop_in));
    return document;
}

Document Document::load_one(const std::filesystem::path& path) {
    FileContent content;
    try {
        content = read_file(path, kLargestDocument);
    } catch (const std::runtime_error& e) {
        throw Error(path.string(), {}, "", e.what());
    }
    if ((content.mode & S_IWOTH) != 0) {
        throw Error(path.string(), {}, "",
                    "everybody may write to this file, so it cannot be trusted; chmod o-w");
    }
    Document document = parse(path.string(), std::move(content.text));
    document.source_->group_writable = (content.mode & S_IWGRP) != 0;
    return document;
}

Document Document::parse(std::string name, std::string text) {
    if (text.starts_with(kByteOrderMark))
        text.erase(0, kByteOrderMark.size());
    check_bytes(name, text);
    auto source = std::make_shared<Source>();
    source->root = parse_yaml(name, text);
    source->files.push_back(std::move(name));
    return Document(std::move(source));
}

void Document::overlay(const Document& drop_in) {
    auto root = drop_in.source_->root;
    come_from(source_->files.size(), root);
    source_->files.push_back(drop_in.source_->files.front());
    source_->group_writable = source_->group_writable || drop_in.source_->group_writable;
    merge(source_->root, std::move(root));
}

Section Document::root() const {
    return Section(source_, &source_->root, source_->root.at, "");
}

std::vector<std::string> Document::known_keys() const {
    return source_->known_paths;
}

Document load(const std::filesystem::path& path) {
    return Document::load(path);
}

}  // namespace paysync::config
