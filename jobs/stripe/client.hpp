// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"
#include "jobs/stripe/budget.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/file.hpp"

#include <chrono>
#include <random>
#include <stop_token>
#include <string>

namespace paysync::stripe {

/// A 2xx response.
struct Reply {
    int status = 0;
    std::string body;
    std::string request_id;  ///< Stripe's Request-Id, for support and logs
    bool replayed = false;   ///< the answer to an earlier request with the same idempotency key
};

/// Sends requests to Stripe within the budget.
///
/// A lost answer, 409, 429 and 5xx are tried three times with the same bytes and a growing pause;
/// any other error, the third failure, and an error that Stripe repeats from an earlier request
/// with the same key (Error::replayed()) is thrown as Error. All functions throw Cancelled when
/// `stop` is requested. Used on the loop thread.
class Client {
public:
    struct Options {
        std::string api_base = "https://api.stripe.com";
        std::string connect_base = "https://connect.stripe.com";
        std::string files_base = "https://files.stripe.com";
        std::string api_key;
        std::string api_version = "2026-10-28.endive";
        bool livemode = false;
        std::chrono::milliseconds timeout{80000};
    };

    Client(http::Client& http, Clock& clock, Budget& budget, Options options);

    /// `account` is the connected account to act as, or empty for the platform's own.
    Task<Reply> get(std::string path_and_query, std::string account, Priority priority,
                    std::stop_token stop);

    /// The idempotency key and the body must be stored before (call_store.hpp): Stripe refuses a
    /// key with another body.
    Task<Reply> post(std::string path, std::string account, std::string idempotency_key,
                     std::string form_body, Priority priority, std::stop_token stop);

    /// As post(), for API v2, whose bodies are JSON.
    Task<Reply> post_json(std::string path, std::string account, std::string idempotency_key,
                          std::string json_body, Priority priority, std::stop_token stop);

    /// As post(), for a file; to Stripe's host for files.
    Task<Reply> post_file(std::string account, std::string idempotency_key, Upload upload,
                          Priority priority, std::stop_token stop);

    /// To the OAuth host. Sent once: an authorization code can be used only once.
    Task<Reply> post_oauth(std::string path, std::string form_body, Priority priority,
                           std::stop_token stop);

private:
    struct Attempt;

    http::Request request(std::string method, std::string url, const std::string& account) const;
    http::Request post_request(const std::string& url, const std::string& account,
                               const std::string& idempotency_key, std::string body,
                               std::string content_type) const;
    Task<Reply> send(http::Request request, std::string account, int tries, Priority priority,
                     std::stop_token stop);
    Task<Attempt> attempt(http::Request request, std::string account, Priority priority,
                          std::stop_token stop);
    Attempt interpret(http::Response response);
    std::chrono::milliseconds wait_before(int next, const Error& error);

    http::Client& http_;
    Clock& clock_;
    Budget& budget_;
    Options options_;
    std::minstd_rand random_;
};

}  // namespace paysync::stripe
