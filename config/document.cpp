// SPDX-License-Identifier: MIT
#include "config/file.hpp"
#include "config/reader.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

namespace paysync::config {
namespace {

constexpr std::size_t kLargestDocument = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The drop-ins in the order of their names; empty if the directory does not exist.
std::vector<std::filesystem::path> drop_ins(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    const auto there = std::filesystem::status(directory, error);
    if (!std::filesystem::exists(there))
        return files;
    for (auto entry = std::filesystem::directory_iterator(directory, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (const auto name = entry->path().filename().string();
            name.ends_with(".yaml") && !name.starts_with('.'))
            files.push_back(entry->path());
    if (error)
        throw Error(directory.string(), {}, "", error.message());
    std::sort(files.begin(), files.end());
    return files;
}

/// Sets the file of the positions of a node and of everything below it.
void set_file(std::size_t file, Node& node) {
    node.at.file = file;
    for (auto& item : node.items)
        set_file(file, item);
    for (auto& member : node.members) {
        member.at.file = file;
        set_file(file, member.value);
    }
}

/// Lays `from` over `into`: maps are merged key by key, anything else is replaced.
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
    const char* dot = path.empty() || key.empty() ? "" : ".";
    return path + dot + std::string(key);
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
                    "the file must not be writable by everyone; run chmod o-w on it");
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
    set_file(source_->files.size(), root);
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

}  // namespace paysync::config
