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

/// The configuration file: a strict reader, and the typed settings made with it.
namespace paysync::config {

struct Node;
struct Source;

/// A map of the file, or the absence of one. Every question names a key and thereby makes it
/// known; finish() refuses the keys that nobody asked for. All readers throw Error for a value that
/// is not exactly of the asked kind. A cheap handle that keeps the document alive; copies share
/// what is known. For one thread.
class Section {
public:
    using Milliseconds = std::chrono::milliseconds;

    bool has(std::string_view key) const;
    /// Whether it stands in the file.
    bool present() const { return map_ != nullptr; }

    /// Text on one line; a required one must not be empty.
    std::string text(std::string_view key) const;
    /// An empty text is accepted where the default is one.
    std::string text(std::string_view key, std::string default_value) const;
    std::optional<std::string> maybe_text(std::string_view key) const;
    /// A list of texts.
    std::vector<std::string> texts(std::string_view key,
                                   std::vector<std::string> default_value) const;

    /// A whole number in plain decimal digits, min and max included.
    template <std::signed_integral T>
    T integer(std::string_view key, T default_value, std::type_identity_t<T> min,
              std::type_identity_t<T> max) const {
        return static_cast<T>(whole_number(key, default_value, min, max));
    }

    /// `10%` or `10`.
    int percent(std::string_view key, int default_value, int min, int max) const;

    /// `true` or `false`, nothing else; the first form is required.
    bool flag(std::string_view key) const;
    bool flag(std::string_view key, bool default_value) const;

    /// `30s`, `1h30m`: always with a unit, min and max included.
    Milliseconds duration(std::string_view key, Milliseconds default_value, Milliseconds min,
                          Milliseconds max) const;

    /// One of the named values: `choice("on_in_doubt", E::hold, {{"hold", E::hold}, …})`.
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

    /// An absolute web address; plain http only for a loopback host.
    std::string url(std::string_view key) const;
    std::string url(std::string_view key, std::string default_value) const;
    std::optional<std::string> maybe_url(std::string_view key) const;

    /// An absolute path; whether something is there is not looked at.
    std::optional<std::filesystem::path> maybe_path(std::string_view key) const;

    /// `{ file: /path }` or `{ credential: name }`; not read yet.
    Secret secret(std::string_view key) const;
    std::optional<Secret> maybe_secret(std::string_view key) const;

    /// The map below `key`; an empty section when there is none.
    Section section(std::string_view key) const;
    /// The maps of a list; none when the key is absent.
    std::vector<Section> sections(std::string_view key) const;

    /// Refuses the value of `key`, or its absence.
    [[noreturn]] void fail(std::string_view key, const std::string& message) const;

    /// Throws Error for the first key that nobody asked for.
    void finish() const;

    /// `jobs.onboarding`; empty for the whole file.
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
    bool truth(const Node& value, std::string_view key) const;
    std::string address(const Node& value, std::string_view key) const;
    Secret make_secret(const Node& value, std::string_view key) const;
    std::int64_t whole_number(std::string_view key, std::int64_t default_value, std::int64_t min,
                              std::int64_t max) const;
    std::optional<std::size_t> pick(std::string_view key,
                                    const std::vector<std::string>& names) const;
    std::string join(std::string_view key) const;

    std::shared_ptr<Source> source_;
    const Node* map_;  // nullptr when the section is absent; lives in *source_
    Position at_;
    std::string path_;
};

/// A configuration file with its drop-ins, read and checked as YAML.
class Document {
public:
    /// Reads a file of at most 1 MiB that only its owner and group may write, and over it, in the
    /// order of their names, the files `*.yaml` in the folder `PATH.d`: maps are merged, anything
    /// else is replaced. Throws Error.
    static Document load(const std::filesystem::path& path);
    /// The same for text that is already here; `name` stands for the file in messages.
    static Document parse(std::string name, std::string text);

    Section root() const;

    /// The full paths of all keys asked for so far, in the order of the questions.
    std::vector<std::string> known_keys() const;

private:
    explicit Document(std::shared_ptr<Source> source);
    static Document load_one(const std::filesystem::path& path);
    void overlay(const Document& drop_in);

    std::shared_ptr<Source> source_;
};

/// Document::load().
Document load(const std::filesystem::path& path);

}  // namespace paysync::config
