// SPDX-License-Identifier: MIT
#include "config/secret.hpp"

#include "config/file.hpp"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace paysync::config {
namespace {

constexpr std::size_t kLargestSecret = 16384;

/// `0640`
std::string octal_mode(mode_t mode) {
    std::string digits;
    for (int shift = 9; shift >= 0; shift -= 3)
        digits += static_cast<char>('0' + ((mode >> shift) & 7U));
    return digits;
}

void wipe(std::string& text) {
    ::explicit_bzero(text.data(), text.size());
}

std::optional<std::filesystem::path> credentials_directory() {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || *directory == '\0')
        return std::nullopt;
    return std::filesystem::path(directory).lexically_normal();
}

/// systemd gives the service access to its credentials by an access control list, which stat(2)
/// shows as group permissions. The mode of the files therefore says nothing; instead, nobody else
/// may be able to put files into the directory.
void check_directory(const std::filesystem::path& directory) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0)
        throw std::runtime_error("$CREDENTIALS_DIRECTORY cannot be inspected");
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        throw std::runtime_error("$CREDENTIALS_DIRECTORY belongs to another user");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw std::runtime_error("$CREDENTIALS_DIRECTORY is writable by others");
}

std::string read_value(Secret::Kind kind, const std::string& name) {
    const auto credentials = credentials_directory();
    if (kind == Secret::Kind::credential && !credentials) {
        throw std::runtime_error(
            "$CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with LoadCredential=");
    }
    const auto path = kind == Secret::Kind::credential
                          ? *credentials / name
                          : std::filesystem::path(name).lexically_normal();
    const bool is_credential =
        credentials && path.parent_path() == (*credentials / "").parent_path();
    if (is_credential)
        check_directory(*credentials);

    auto content = read_file(path, kLargestSecret);
    if (!is_credential && (content.mode & (S_IRWXG | S_IRWXO)) != 0) {
        wipe(content.text);
        throw std::runtime_error("only its owner may have access, but its mode is " +
                                 octal_mode(content.mode) + "; run chmod 0400 on it");
    }
    return std::move(content.text);
}

void check_value(std::string& value) {
    if (value.ends_with('\n'))
        value.pop_back();
    if (value.empty())
        throw std::runtime_error("is empty");
    const bool control = std::any_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
    });
    if (control) {
        wipe(value);
        throw std::runtime_error("contains a line break or control byte");
    }
}

}  // namespace

struct Secret::State {
    State(Kind its_kind, std::string its_name, Place its_place)
        : kind(its_kind), name(std::move(its_name)), place(std::move(its_place)) {}
    ~State() {
        if (value)
            wipe(*value);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    const Kind kind;
    const std::string name;
    const Place place;
    std::mutex mutex;
    std::optional<std::string> value;  // guarded by mutex until it is set, constant from then on
};

Secret::Secret(Kind kind, std::string name, Place place)
    : state_(std::make_shared<State>(kind, std::move(name), std::move(place))) {}

std::string Secret::read_again() const {
    try {
        std::string value = read_value(state_->kind, state_->name);
        check_value(value);
        return value;
    } catch (const std::runtime_error& e) {
        fail(source() + ": " + e.what());
    }
}

const std::string& Secret::reveal() const {
    const std::lock_guard lock(state_->mutex);
    if (!state_->value)
        state_->value.emplace(read_again());
    return *state_->value;
}

std::string Secret::source() const {
    return (state_->kind == Kind::file ? "file " : "credential ") + state_->name;
}

void Secret::fail(const std::string& message) const {
    throw Error(state_->place.file, state_->place.at, state_->place.key, message);
}

}  // namespace paysync::config
