// SPDX-License-Identifier: MIT
#include "config/file.hpp"
#include "config/reader.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace paysync::config {
namespace {

constexpr std::size_t kLargest = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

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
    FileContent content;
    try {
        content = read_file(path, kLargest);
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
    source->file = std::move(name);
    return Document(std::move(source));
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
