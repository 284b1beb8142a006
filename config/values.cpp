// SPDX-License-Identifier: MIT
#include "config/duration.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"
#include "config/source.hpp"
#include "config/suggest.hpp"
#include "config/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace paysync::config {
namespace {

/// The words that YAML 1.1 reads as booleans.
bool is_boolean_word(const std::string& text) {
    constexpr std::array<std::string_view, 8> words{"y",  "n",   "yes",  "no",
                                                    "on", "off", "true", "false"};
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return std::find(words.begin(), words.end(), lower) != words.end();
}

/// Escapes such as "\n" put characters into a value that the file itself must not contain.
bool has_control(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next < 0xA0))
            return true;
    }
    return text.find("\u2028") != std::string::npos || text.find("\u2029") != std::string::npos;
}

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto digits = text.starts_with('-') ? text.substr(1) : text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool leading_zero = digits.size() > 1 && digits[0] == '0';
    if (error != std::errc() || end != text.data() + text.size() || leading_zero || text == "-0")
        return std::nullopt;
    return value;
}

const char* kind_name(Node::Kind kind) {
    return kind == Node::Kind::list ? "a list" : "a map";
}

}  // namespace

const std::string& Section::scalar(const Node& value, std::string_view key,
                                   const char* expected) const {
    if (value.kind == Node::Kind::empty)
        fail_at(value.at, key, std::string("expected ") + expected + ", found no value");
    if (value.kind != Node::Kind::scalar)
        fail_at(value.at, key,
                std::string("expected ") + expected + ", found " + kind_name(value.kind));
    return value.text;
}

const std::string& Section::line_of_text(const Node& value, std::string_view key) const {
    const std::string& text = scalar(value, key, "text");
    if (value.plain && is_boolean_word(text))
        fail_at(value.at, key,
                shown(text) + " is a boolean in YAML; write \"" + text + "\" to make it text");
    if (has_control(text))
        fail_at(value.at, key, "line breaks and control bytes are not allowed");
    return text;
}

std::string Section::text(std::string_view key) const {
    const Node& value = need(key);
    const std::string& text = line_of_text(value, key);
    if (text.empty())
        fail_at(value.at, key, "must not be empty");
    return text;
}

std::string Section::text(std::string_view key, std::string default_value) const {
    const Node* value = find(key);
    if (value == nullptr)
        return default_value;
    return default_value.empty() ? line_of_text(*value, key) : text(key);
}

std::optional<std::string> Section::maybe_text(std::string_view key) const {
    return has(key) ? std::optional(text(key)) : std::nullopt;
}

std::int64_t Section::whole_number(std::string_view key, std::int64_t default_value,
                                   std::int64_t min, std::int64_t max) const {
    const Node* value = find(key);
    if (value == nullptr)
        return default_value;
    const std::string& text = scalar(*value, key, "a whole number");
    const auto number = value->plain ? parse_whole_number(text) : std::nullopt;
    if (!number) {
        fail_at(value->at, key,
                "expected a whole number in decimal digits without quotes, such as " +
                    std::to_string(default_value) + ", got " + shown(text));
    }
    if (*number < min || *number > max)
        fail_at(value->at, key,
                "must be from " + std::to_string(min) + " to " + std::to_string(max) + ", got " +
                    std::to_string(*number));
    return *number;
}

int Section::percent(std::string_view key, int default_value, int min, int max) const {
    const Node* value = find(key);
    if (value == nullptr)
        return default_value;
    const std::string& text = scalar(*value, key, "a percentage");
    const std::string_view digits =
        std::string_view(text).substr(0, text.size() - text.ends_with('%'));
    const auto number = parse_whole_number(digits);
    if (!number) {
        fail_at(value->at, key,
                "expected a percentage such as " + std::to_string(default_value) + "%, got " +
                    shown(text));
    }
    if (*number < min || *number > max)
        fail_at(value->at, key,
                "must be from " + std::to_string(min) + "% to " + std::to_string(max) + "%, got " +
                    shown(text));
    return static_cast<int>(*number);
}

bool Section::boolean(const Node& value, std::string_view key) const {
    const std::string& text = scalar(value, key, "true or false");
    if (value.plain && (text == "true" || text == "false"))
        return text == "true";
    const char* hint =
        value.plain && is_boolean_word(text) ? "; other words for them are not accepted" : "";
    fail_at(value.at, key, "expected true or false without quotes, got " + shown(text) + hint);
}

bool Section::flag(std::string_view key) const {
    return boolean(need(key), key);
}

bool Section::flag(std::string_view key, bool default_value) const {
    const Node* value = find(key);
    return value != nullptr ? boolean(*value, key) : default_value;
}

Section::Milliseconds Section::duration(std::string_view key, Milliseconds default_value,
                                        Milliseconds min, Milliseconds max) const {
    const Node* value = find(key);
    if (value == nullptr)
        return default_value;
    const std::string& text = scalar(*value, key, "a duration");
    const auto duration = parse_duration(text);
    if (!duration) {
        fail_at(value->at, key,
                "expected a duration with a unit (ms, s, m, h or d), such as " +
                    format_duration(default_value) + ", got " + shown(text));
    }
    if (*duration < min || *duration > max) {
        fail_at(value->at, key,
                "must be from " + format_duration(min) + " to " + format_duration(max) + ", got " +
                    shown(text));
    }
    return *duration;
}

std::optional<std::size_t> Section::pick(std::string_view key,
                                         const std::vector<std::string>& names) const {
    const Node* value = find(key);
    if (value == nullptr)
        return std::nullopt;
    const std::string& text = scalar(*value, key, "a word");
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    const std::string near = nearest(text, names);
    fail_at(value->at, key,
            "must be one of " + comma_separated(names) + ", got " + shown(text) +
                (near.empty() ? "" : " (did you mean '" + near + "'?)"));
}

std::string Section::address(const Node& value, std::string_view key) const {
    const std::string& text = line_of_text(value, key);
    try {
        parse_url(text);
    } catch (const std::invalid_argument& e) {
        fail_at(value.at, key, e.what() + (", got " + shown(text)));
    }
    return text;
}

std::string Section::url(std::string_view key) const {
    return address(need(key), key);
}

std::string Section::url(std::string_view key, std::string default_value) const {
    const Node* value = find(key);
    return value != nullptr ? address(*value, key) : default_value;
}

std::optional<std::string> Section::maybe_url(std::string_view key) const {
    return has(key) ? std::optional(url(key)) : std::nullopt;
}

std::optional<std::filesystem::path> Section::maybe_path(std::string_view key) const {
    const auto path = maybe_text(key);
    if (!path)
        return std::nullopt;
    if (!path->starts_with('/'))
        fail(key, "must be an absolute path, got " + shown(*path));
    return std::filesystem::path(*path);
}

}  // namespace paysync::config
