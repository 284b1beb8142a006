// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// `text` with everything that looks like a key, a signing secret or an OAuth code cut to its
/// prefix.
std::string redact(std::string_view text);

/// A request to Stripe that failed, with Stripe's own words. Its text is safe for logs.
class Error final : public std::runtime_error {
public:
    enum class Kind {
        bad_request,           ///< the request is wrong; repeating it does not help
        idempotency_mismatch,  ///< the idempotency key was used with another body: our bug
        authentication,        ///< the API key is wrong, expired or revoked: nothing works
        permission,            ///< the API key lacks a right: see permission()
        account_gone,          ///< the account is not connected to the platform (any more)
        not_found,
        conflict,  ///< with another request on the same object
        rate_limited,
        server,      ///< Stripe failed; it may have acted or not
        connection,  ///< no response; Stripe may have acted or not
        wrong_mode,  ///< a live object where a test one was expected, or the reverse
    };

    /// The fields of Stripe's error object; every text may be empty.
    struct Details {
        Details() = default;
        std::string type;
        std::string code;
        std::string param;
        std::string message;
        std::string request_id;
        std::optional<std::chrono::seconds> retry_after{};
        bool replayed = false;
        bool earlier_unknown = false;  ///< an earlier try of the same request had no clear answer
    };

    Error(Kind kind, int status, Details details);

    Kind kind() const noexcept { return kind_; }
    /// The HTTP status; 0 without a response.
    int status() const noexcept { return status_; }
    const std::string& type() const noexcept { return details_.type; }
    const std::string& code() const noexcept { return details_.code; }
    const std::string& param() const noexcept { return details_.param; }
    /// Stripe's message, without keys.
    const std::string& message() const noexcept { return details_.message; }
    const std::string& request_id() const noexcept { return details_.request_id; }
    /// Retry-After; nothing when Stripe does not say.
    std::optional<std::chrono::seconds> retry_after() const noexcept {
        return details_.retry_after;
    }
    /// Whether Stripe repeated its stored answer to an earlier request with the same idempotency
    /// key (Idempotent-Replayed). The error says what happened then, and the key will say nothing
    /// else for a day.
    bool replayed() const noexcept { return details_.replayed; }
    /// The right that the key lacks, for example "rak_charge_read"; empty when Stripe names none.
    std::string permission() const;

    /// Whether the API key is refused (401) or lacks a right (403): no row is at fault. A key that
    /// lacks the right to one kind of object may still be good for the others.
    bool key_refused() const noexcept {
        return kind_ == Kind::authentication || kind_ == Kind::permission;
    }

    /// Whether Stripe says that the account is not connected to the platform. One such answer
    /// proves nothing; it makes the account a suspect, which onboarding reads again.
    bool account_lost() const noexcept { return kind_ == Kind::account_gone; }

    /// The same for a request whose object is the account itself, for which Stripe may answer 404
    /// as well.
    bool account_denied() const noexcept { return account_lost() || kind_ == Kind::not_found; }

    /// Whether the same request may work later.
    bool retryable() const noexcept;

    /// Whether Stripe may have carried out this POST, or an earlier try of it with the same
    /// idempotency key. Stripe looks at a key before it looks at the request's fields, so an error
    /// about these says that nothing was done before.
    bool may_have_acted() const noexcept;

    /// The same error, after a try that may_have_acted().
    Error after_unknown() const;

private:
    Kind kind_;
    int status_;
    Details details_;
};

/// A word for logs and metrics, for example "rate_limited".
std::string_view name(Error::Kind kind) noexcept;

/// The error in a response that is not 2xx. Never throws, whatever the body is.
Error to_error(const http::Response& response);

}  // namespace paysync::stripe
