// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paysync {

/// One column of many rows on its way into PostgreSQL: an array in the server's input form, which
/// `unnest()` turns into rows again.
class Column {
public:
    void add(std::string_view value);
    void add(const char* value) { add(std::string_view(value)); }
    void add(std::int64_t value) { item() += std::to_string(value); }
    void add(bool value) { item() += value ? 't' : 'f'; }

    /// NULL when there is nothing.
    template <typename T>
    void add(const std::optional<T>& value) {
        if (value)
            add(*value);
        else
            item() += "NULL";
    }

    bool empty() const noexcept { return text_.size() == 1; }
    std::string literal() const { return text_ + "}"; }

private:
    std::string& item();

    std::string text_ = "{";
};

/// A fingerprint of a row's values, the same in every build: it is compared with the one that an
/// older daemon stored. 64 bits of FNV-1a; not against people who want collisions.
class Fingerprint {
public:
    Fingerprint& add(std::string_view value);
    Fingerprint& add(std::int64_t value) { return add(std::string_view(std::to_string(value))); }
    Fingerprint& add(bool value) { return add(std::string_view(value ? "t" : "f")); }

    /// Nothing differs from an empty text.
    template <typename T>
    Fingerprint& add(const std::optional<T>& value) {
        mix(value ? 1 : 0);
        return value ? add(*value) : *this;
    }

    std::int64_t value() const noexcept { return static_cast<std::int64_t>(state_); }

private:
    void mix(unsigned char byte) noexcept { state_ = (state_ ^ byte) * 0x100000001b3; }

    std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace paysync
