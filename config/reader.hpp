// SPDX-License-Identifier: MIT
#pragma once

#include "config/error.hpp"
#include "config/secret.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Reading of configuration files.
///
/// load_config() (config.hpp) and the jobs read their keys through Section:
///     const Section log = document.root().section("log");
///     level = log.choice("level", …);
///     log.finish();  // refuses every other key in this section
namespace paysync::config {

struct Node;
struct Source;

/// A map in the configuration, or a missing one, which reads like an empty map.
///
/// Every function with a `key` makes this key known. finish() then refuses all keys that are not
/// known, so a misspelt key is an error and never silently ignored. All functions that read a value
/// throw Error if it does not have exactly the requested form. Functions without a default require
/// the key; those called maybe_… return nothing if it is missing.
///
/// A Section is a handle: copies are cheap, share the known keys and keep the document alive. Not
/// thread-safe.
class Section {
public:
    using Milliseconds = std::chrono::milliseconds;

    bool has(std::string_view key) const;
    /// Whether the section itself is in the file.
    bool present() const { return map_ != nullptr; }

    /// One line of text; not empty.
    std::string text(std::string_view key) const;
    /// Accepts an empty text only if the default is empty.
    std::string text(std::string_view key, std::string default_value) const;
    std::optional<std::string> maybe_text(std::string_view key) const;

    /// A whole number in decimal digits, from `min` to `max`.
    template <std::signed_integral T>
    T integer(std::string_view key, T default_value, std::type_identity_t<T> min,
              std::type_identity_t<T> max) const {
        return static_cast<T>(whole_number(key, default_value, min, max));
    }

    /// `10%` or `10`.
    int percent(std::string_view key, int default_value, int min, int max) const;

    /// `true` or `false`, nothing else.
    bool flag(std::string_view key) const;
    bool flag(std::string_view key, bool default_value) const;

    /// `30s`, `1h30m`: with a unit, from `min` to `max`.
    Milliseconds duration(std::string_view key, Milliseconds default_value, Milliseconds min,
                          Milliseconds max) const;

    /// One of the listed words: `choice("on_in_doubt", E::hold, {{"hold", E::hold}, …})`.
    template <typename E>
    E choice(
        std::string_view key, E default_value,
        std::initializer_list<std::pair<std::string_view, std::type_identity_t<E>>> values) const {
        std::vector<std::string> names;
        for (const auto& [name, value] : values)
            names.emplace_back(name);
        const auto picked = pick(key, names);
        return picked ? (values.begin() + *picked)->second : default_value;
    }

    /// An absolute https URL, or http for a loopback host.
    std::string url(std::string_view key) const;
    std::string url(std::string_view key, std::string default_value) const;
    std::optional<std::string> maybe_url(std::string_view key) const;

    /// An absolute path. Nothing needs to exist there.
    std::optional<std::filesystem::path> maybe_path(std::string_view key) const;

    /// `{ file: /path }` or `{ credential: name }`. The secret is not read yet.
    Secret secret(std::string_view key) const;
    std::optional<Secret> maybe_secret(std::string_view key) const;

    /// The map with this key; a missing section if there is none.
    Section section(std::string_view key) const;
    /// The maps in the list with this key; empty if there is none.
    std::vector<Section> sections(std::string_view key) const;

    /// Throws Error at the place of the key, or of the section if the key is missing.
    [[noreturn]] void fail(std::string_view key, const std::string& message) const;

    /// Throws Error for the first key that is not known.
    void finish() const;

    /// For example `jobs.onboarding`; empty for the top level.
    const std::string& path() const { return path_; }

private:
    friend class Document;

    Section(std::shared_ptr<Source> source, const Node* map, Position at, std::string path);

    const Node* find(std::string_view key) const;
    const Node& need(std::string_view key) const;
    [[noreturn]] void fail_missing(std::string_view key) const;
    [[noreturn]] void fail_at(Position at, std::string_view key, const std::string& message) const;
    const std::string& scalar(const Node& value, std::string_view key, const char* expected) const;
    const std::string& line_of_text(const Node& value, std::string_view key) const;
    Section child(const Node& value, std::string_view key) const;
    bool boolean(const Node& value, std::string_view key) const;
    std::string address(const Node& value, std::string_view key) const;
    Secret make_secret(const Node& value, std::string_view key) const;
    std::int64_t whole_number(std::string_view key, std::int64_t default_value, std::int64_t min,
                              std::int64_t max) const;
    std::optional<std::size_t> pick(std::string_view key,
                                    const std::vector<std::string>& names) const;
    std::string join(std::string_view key) const;

    std::shared_ptr<Source> source_;
    const Node* map_;  // nullptr for a missing section; owned by *source_
    Position at_;
    std::string path_;
};

/// A parsed configuration file with its drop-ins.
class Document {
public:
    /// Reads the file, then the drop-ins `*.yaml` in the directory `PATH.d` in the order of their
    /// names. Maps are merged key by key; any other value replaces the earlier one. Each file has
    /// at most 1 MiB and is not writable by everyone. Throws Error.
    static Document load(const std::filesystem::path& path);
    /// Parses text; `name` is the name of the file in errors.
    static Document parse(std::string name, std::string text);

    Section root() const;

    /// The full paths of all known keys, in the order in which they became known. Tests compare
    /// them with the documentation.
    std::vector<std::string> known_keys() const;

private:
    explicit Document(std::shared_ptr<Source> source);
    static Document load_one(const std::filesystem::path& path);
    void overlay(const Document& drop_in);

    std::shared_ptr<Source> source_;
};

}  // namespace paysync::config
