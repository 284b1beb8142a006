// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// `text` without anything that looks like a key, a signing secret or an OAuth code.
std::string redact(std::string_view text);

/// A call to Stripe that did not do what was asked.
class Error final : public std::runtime_error {
public:
    enum class Kind {
        bad_request,           ///< Stripe will not do this, ever
        idempotency_mismatch,  ///< the key was used with other parameters: our bug
        authentication,        ///< the key is wrong, expired or revoked: nothing will work
        permission,            ///< the key lacks a right: see permission()
        account_gone,          ///< the connected account is none of ours, or no more
        not_found,
        conflict,  ///< with another call that runs now
        rate_limited,
        server,      ///< Stripe failed; whether it acted is unknown
        connection,  ///< no answer; whether Stripe acted is unknown
        wrong_mode,  ///< a live object where a test one was expected, or the reverse
    };

    /// What Stripe says about an error; every text may be empty.
    struct Details {
        Details() = default;
        std::string type;
        std::string code;
        std::string param;
        std::string message;
        std::string request_id;
        std::optional<std::chrono::seconds> retry_after{};
    };

    Error(Kind kind, int status, Details details);

    Kind kind() const noexcept { return kind_; }
    /// Of the HTTP answer; 0 when there was none.
    int status() const noexcept { return status_; }
    const std::string& type() const noexcept { return details_.type; }
    const std::string& code() const noexcept { return details_.code; }
    const std::string& param() const noexcept { return details_.param; }
    /// Stripe's own words, without keys.
    const std::string& message() const noexcept { return details_.message; }
    const std::string& request_id() const noexcept { return details_.request_id; }
    /// How long Stripe asks to wait.
    std::optional<std::chrono::seconds> retry_after() const noexcept {
        return details_.retry_after;
    }
    /// The right that the key lacks, for example "rak_charge_read", if Stripe names one.
    std::string permission() const;

    /// Whether our key is refused, or lacks a right: no row, account or message is at fault.
    bool key_refused() const noexcept {
        return kind_ == Kind::authentication || kind_ == Kind::permission;
    }

    /// Stripe says of the account that was asked for, or acted as, that it is none of ours, or no
    /// more. One answer proves nothing: it makes a suspect.
    bool account_lost() const noexcept { return kind_ == Kind::account_gone; }

    /// The same of a call whose only object is the account itself, where Stripe may also say that
    /// it knows no such thing.
    bool account_denied() const noexcept { return account_lost() || kind_ == Kind::not_found; }

    /// Whether the same call may work later.
    bool retryable() const noexcept;

private:
    Kind kind_;
    int status_;
    Details details_;
};

/// A word for logs and metrics, for example "rate_limited".
std::string_view name(Error::Kind kind) noexcept;

/// What an answer that is not 2xx means; never throws because of what the answer holds.
Error to_error(const http::Response& response);

}  // namespace paysync::stripe
