// SPDX-License-Identifier: MIT
#include "config/reader.hpp"
#include "config/source.hpp"

#include <algorithm>

namespace paysync::config {
namespace {

constexpr const char* kForms = "{ file: /path } or { credential: name }";

/// The names that systemd accepts for credentials. Such a name cannot leave the credentials'
/// directory.
bool is_credential_name(const std::string& name) {
    return name.size() <= 255 && !name.starts_with('.') &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

}  // namespace

Secret Section::secret(std::string_view key) const {
    return make_secret(need(key), key);
}

std::optional<Secret> Section::maybe_secret(std::string_view key) const {
    const Node* value = find(key);
    return value != nullptr ? std::optional(make_secret(*value, key)) : std::nullopt;
}

Secret Section::make_secret(const Node& value, std::string_view key) const {
    if (value.kind == Node::Kind::scalar) {
        fail_at(value.at, key,
                std::string("a secret must not be written in this file; use ") + kForms);
    }
    if (value.kind != Node::Kind::map)
        fail_at(value.at, key, std::string("expected ") + kForms);
    if (source_->group_writable) {
        fail_at(value.at, key,
                "a file that names secrets must not be group-writable; run chmod g-w on it");
    }

    const Section place = child(value, key);
    const auto file = place.maybe_path("file");
    const auto credential = place.maybe_text("credential");
    place.finish();
    if (file.has_value() == credential.has_value())
        fail_at(value.at, key, std::string("expected either ") + kForms);
    if (credential && !is_credential_name(*credential))
        place.fail("credential",
                   "is not a name for a systemd credential (letters, digits, '.', '_', '-')");

    Secret::Place named{source_->file_of(value.at), value.at, join(key)};
    return file ? Secret(Secret::Kind::file, file->string(), std::move(named))
                : Secret(Secret::Kind::credential, *credential, std::move(named));
}

}  // namespace paysync::config
