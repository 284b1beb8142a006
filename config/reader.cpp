// SPDX-License-Identifier: MIT
#include "config/reader.hpp"

#include "config/source.hpp"
#include "config/suggest.hpp"
#include "config/words.hpp"

#include <algorithm>

namespace paysync::config {

Section::Section(std::shared_ptr<Source> source, const Node* map, Position at, std::string path)
    : source_(std::move(source)), map_(map), at_(at), path_(std::move(path)) {}

std::string Section::join(std::string_view key) const {
    return join_path(path_, key);
}

const Node* Section::find(std::string_view key) const {
    source_->note(path_, key);
    if (map_ == nullptr)
        return nullptr;
    for (const auto& member : map_->members) {
        if (member.key == key)
            return &member.value;
    }
    return nullptr;
}

const Node& Section::need(std::string_view key) const {
    const Node* value = find(key);
    if (value == nullptr)
        fail_missing(key);
    return *value;
}

bool Section::has(std::string_view key) const {
    return find(key) != nullptr;
}

Section Section::child(const Node& value, std::string_view key) const {
    if (value.kind != Node::Kind::map && value.kind != Node::Kind::empty)
        fail_at(value.at, key, "expected a map (key: value)");
    return Section(source_, value.kind == Node::Kind::map ? &value : nullptr, value.at, join(key));
}

Section Section::section(std::string_view key) const {
    const Node* value = find(key);
    return value != nullptr ? child(*value, key) : Section(source_, nullptr, at_, join(key));
}

std::vector<Section> Section::sections(std::string_view key) const {
    std::vector<Section> result;
    const Node* value = find(key);
    if (value == nullptr)
        return result;
    if (value->kind != Node::Kind::list)
        fail_at(value->at, key, "expected a list");
    for (const auto& item : value->items) {
        const auto name = std::string(key) + "[" + std::to_string(result.size()) + "]";
        result.push_back(child(item, name));
    }
    return result;
}

void Section::fail(std::string_view key, const std::string& message) const {
    const Node* value = find(key);
    fail_at(value != nullptr ? value->at : at_, key, message);
}

void Section::fail_at(Position at, std::string_view key, const std::string& message) const {
    throw Error(source_->file_of(at), at, join(key), message);
}

void Section::fail_missing(std::string_view key) const {
    std::string hint;
    if (map_ != nullptr) {
        const auto& known = source_->known[path_];
        for (const auto& member : map_->members) {
            const bool unknown = std::find(known.begin(), known.end(), member.key) == known.end();
            if (unknown && !nearest(member.key, {std::string(key)}).empty()) {
                hint = " (is " + shown(member.key) + " on line " + std::to_string(member.at.line) +
                       " misspelt?)";
                break;
            }
        }
    }
    fail_at(at_, key, "required, but missing" + hint);
}

void Section::finish() const {
    if (map_ == nullptr)
        return;
    const auto& known = source_->known[path_];
    for (const auto& member : map_->members) {
        if (std::find(known.begin(), known.end(), member.key) != known.end())
            continue;
        const std::string near = nearest(member.key, known);
        const std::string hint = !near.empty() ? "did you mean '" + near + "'?"
                                               : "known keys: " + comma_separated(known);
        throw Error(source_->file_of(member.at), member.at, path_,
                    "unknown key " + shown(member.key) + " (" + hint + ")");
    }
}

}  // namespace paysync::config
