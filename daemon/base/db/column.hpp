// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paysync {

/// Builds the value of an array parameter: one column of the rows that a statement writes.
///
/// Stores insert many rows with one statement, one array per column, and `unnest()` makes rows of
/// them again:
///
///     Column ids, amounts;
///     for (const auto& charge : charges) {
///         ids.add(charge.id);
///         amounts.add(charge.amount);
///     }
///     tx.exec_params("INSERT INTO t SELECT unnest($1::text[]), unnest($2::bigint[])",
///                    ids.literal(), amounts.literal());
///
/// All columns of a statement must have the same length. A value becomes NULL if the optional is
/// empty.
class Column {
public:
    void add(std::string_view value);
    void add(const char* value) { add(std::string_view(value)); }
    void add(std::int64_t value) { item() += std::to_string(value); }
    void add(bool value) { item() += value ? 't' : 'f'; }

    /// Adds the value, or NULL.
    template <typename T>
    void add(const std::optional<T>& value) {
        if (value)
            add(*value);
        else
            item() += "NULL";
    }

    bool empty() const noexcept { return text_.size() == 1; }
    /// The array in PostgreSQL's input form: `{"ch_1","ch_2"}`.
    std::string literal() const { return text_ + "}"; }

private:
    std::string& item();

    std::string text_ = "{";
};

/// A 64-bit hash of the values of a row (FNV-1a). Stores keep it beside the row, to find out
/// without comparing all columns whether a row that Stripe sent has changed.
///
/// The result is the same in all builds and versions, because it is compared with hashes that an
/// older daemon stored. Not cryptographic: it does not protect against deliberate collisions.
class Fingerprint {
public:
    Fingerprint& add(std::string_view value);
    Fingerprint& add(std::int64_t value) { return add(std::string_view(std::to_string(value))); }
    Fingerprint& add(bool value) { return add(std::string_view(value ? "t" : "f")); }

    /// An empty optional and an empty text give different results.
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
