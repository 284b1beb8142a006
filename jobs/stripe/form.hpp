// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// Percent-encodes everything but letters, digits and "-_.~", as Stripe's own clients do. For
/// values, and for ids inside a path.
std::string encode(std::string_view text);

/// Parameters of one request as application/x-www-form-urlencoded, in the order of the add() calls.
/// The same calls give the same bytes: Stripe refuses an idempotency key with another body.
class Form {
public:
    /// `name` as Stripe writes it, for example "line_items[0][quantity]".
    Form& add(std::string_view name, std::string_view value);

    /// An integer, or true and false.
    template <std::integral T>
    Form& add(std::string_view name, T value) {
        if constexpr (std::same_as<T, bool>)
            return add(name, std::string_view(value ? "true" : "false"));
        else
            return add(name, std::string_view(std::to_string(value)));
    }

    bool empty() const noexcept { return encoded_.empty(); }
    const std::string& encoded() const noexcept { return encoded_; }

private:
    std::string encoded_;
};

/// The path, followed by "?" and the parameters if there are any.
std::string query(std::string_view path, const Form& form);

}  // namespace paysync::stripe
