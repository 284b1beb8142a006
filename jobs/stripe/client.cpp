// SPDX-License-Identifier: MIT
#include "jobs/stripe/client.hpp"

#include "jobs/stripe/mode.hpp"
#include "jobs/stripe/retry.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace paysync::stripe {

namespace {

/// Ids come from other applications' rows: they must not add a header or change the path.
void check_header_safe(const std::string& text, const char* what) {
    const bool safe =
        std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (safe)
        return;
    Error::Details details;
    details.message = std::string(what) + " holds characters that no request can carry";
    throw Error(Error::Kind::bad_request, 0, std::move(details));
}

Error no_answer(const std::string& problem) {
    Error::Details details;
    details.message = problem;
    return Error(Error::Kind::connection, 0, std::move(details));
}

Error wrong_mode(const http::Response& response, bool expected_live) {
    Error::Details details;
    details.request_id = response.header("request-id");
    details.message = expected_live ? "a test object came where a live one was expected"
                                    : "a live object came where a test one was expected";
    return Error(Error::Kind::wrong_mode, response.status, std::move(details));
}

}  // namespace

/// The result of sending a request once: a reply, or an error.
struct Client::Attempt {
    Attempt() = default;
    Reply reply;
    std::optional<Error> error;
    bool repeat = false;
};

Client::Client(http::Client& http, Clock& clock, Budget& budget, Options options)
    : http_(http),
      clock_(clock),
      budget_(budget),
      options_(std::move(options)),
      random_(std::random_device()()) {}

Task<Reply> Client::get(std::string path_and_query, std::string account, Priority priority,
                        std::stop_token stop) {
    http::Request get = request("GET", options_.api_base + path_and_query, account);
    co_return co_await send(std::move(get), std::move(account), kTries, priority, std::move(stop));
}

Task<Reply> Client::post(std::string path, std::string account, std::string idempotency_key,
                         std::string form_body, Priority priority, std::stop_token stop) {
    http::Request post = post_request(options_.api_base + path, account, idempotency_key,
                                      std::move(form_body), "application/x-www-form-urlencoded");
    co_return co_await send(std::move(post), std::move(account), kTries, priority, std::move(stop));
}

Task<Reply> Client::post_json(std::string path, std::string account, std::string idempotency_key,
                              std::string json_body, Priority priority, std::stop_token stop) {
    http::Request post = post_request(options_.api_base + path, account, idempotency_key,
                                      std::move(json_body), "application/json");
    co_return co_await send(std::move(post), std::move(account), kTries, priority, std::move(stop));
}

Task<Reply> Client::post_file(std::string account, std::string idempotency_key, Upload upload,
                              Priority priority, std::stop_token stop) {
    http::Request post = post_request(options_.files_base + "/v1/files", account, idempotency_key,
                                      std::move(upload.body), std::move(upload.content_type));
    co_return co_await send(std::move(post), std::move(account), kTries, priority, std::move(stop));
}

Task<Reply> Client::post_oauth(std::string path, std::string form_body, Priority priority,
                               std::stop_token stop) {
    http::Request post = request("POST", options_.connect_base + path, "");
    post.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    post.body = std::move(form_body);
    post.at_most_once = true;
    co_return co_await send(std::move(post), "", 1, priority, std::move(stop));
}

http::Request Client::request(std::string method, std::string url,
                              const std::string& account) const {
    check_header_safe(url, "the path");
    check_header_safe(account, "the account id");
    http::Request request(std::move(method), std::move(url));
    request.timeout = options_.timeout;
    request.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    request.headers.emplace_back("Stripe-Version", options_.api_version);
    request.headers.emplace_back("Accept", "application/json");
    if (!account.empty())
        request.headers.emplace_back("Stripe-Account", account);
    return request;
}

http::Request Client::post_request(const std::string& url, const std::string& account,
                                   const std::string& idempotency_key, std::string body,
                                   std::string content_type) const {
    check_header_safe(idempotency_key, "the idempotency key");
    http::Request post = request("POST", url, account);
    post.headers.emplace_back("Content-Type", std::move(content_type));
    post.headers.emplace_back("Idempotency-Key", idempotency_key);
    post.body = std::move(body);
    return post;
}

Task<Reply> Client::send(http::Request request, std::string account, int tries, Priority priority,
                         std::stop_token stop) {
    bool unknown = false;
    for (int next = 2;; ++next) {
        Attempt attempt = co_await this->attempt(request, account, priority, stop);
        if (!attempt.error)
            co_return std::move(attempt.reply);
        const Error error = unknown ? attempt.error->after_unknown() : *attempt.error;
        unknown = unknown || error.may_have_acted();
        const bool too_long = error.retry_after().value_or(kLongestWait) > kLongestWait;
        if (!attempt.repeat || next > tries || too_long)
            throw Error(error);
        co_await clock_.sleep(wait_before(next, error), stop);
    }
}

Task<Client::Attempt> Client::attempt(http::Request request, std::string account, Priority priority,
                                      std::stop_token stop) {
    const auto call = co_await budget_.acquire(priority, account, stop);
    const Budget::Permit permit(budget_, call);
    Attempt failed;
    try {
        http::Response response = co_await http_.send(std::move(request), stop);
        co_return interpret(std::move(response));
    } catch (const http::ConnectionError& error) {
        failed.error.emplace(no_answer(error.what()));
        failed.repeat = true;
    }
    co_return failed;
}

Client::Attempt Client::interpret(http::Response response) {
    Attempt attempt;
    if (response.status >= 200 && response.status < 300) {
        if (contradicts_mode(response.body, options_.livemode)) {
            attempt.error.emplace(wrong_mode(response, options_.livemode));
            return attempt;
        }
        attempt.reply.status = response.status;
        attempt.reply.request_id = response.header("request-id");
        attempt.reply.replayed = response.header("idempotent-replayed") == "true";
        attempt.reply.body = std::move(response.body);
        return attempt;
    }
    attempt.error.emplace(to_error(response));
    attempt.repeat = worth_repeating(response, *attempt.error);
    // lock_timeout: another request holds a lock on one object; our rate is not too high.
    if (attempt.error->kind() == Error::Kind::rate_limited &&
        attempt.error->code() != "lock_timeout") {
        const std::string reason = response.header("stripe-rate-limited-reason");
        const std::chrono::milliseconds pause =
            std::min(attempt.error->retry_after().value_or(std::chrono::seconds(0)), kLongestWait);
        budget_.throttled(
            reason.ends_with("-concurrency") ? Budget::Excess::concurrency : Budget::Excess::rate,
            pause);
    }
    return attempt;
}

std::chrono::milliseconds Client::wait_before(int next, const Error& error) {
    const double random = std::uniform_real_distribution<double>(0, 1)(random_);
    // On top of Retry-After, so that not all clients come back at the same moment.
    return error.retry_after().value_or(std::chrono::seconds(0)) + backoff(next, random);
}

}  // namespace paysync::stripe
