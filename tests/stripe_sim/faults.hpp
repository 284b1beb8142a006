// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/ids.hpp"
#include "tests/stripe_sim/json.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace stripe_sim {

/// A scripted fault. Kinds: `status` (answers without acting), `500_after` (acts, then answers with
/// the status), `latency`, `late_visibility`, `account_invalid`, `permission`, `reset_before`,
/// `reset_after`, `truncate`, `wrong_length`, `slow_drip`, `patch` (changes the objects of the
/// answer), `raw` (replaces a member by any text), `clock_skew` (the answering server has a wrong
/// clock).
struct Fault {
    std::string kind = "status";
    /// Empty = any.
    std::string method;
    std::string path;
    std::string account;
    /// How many requests it affects; -1 = all.
    int64_t times = 1;
    /// The number of matching requests that pass first.
    int64_t skip = 0;
    double probability = 1;

    int status = 500;
    std::string code, type, message;
    /// Values of Stripe-Rate-Limited-Reason, Retry-After and Stripe-Should-Retry; empty = not sent.
    std::string reason, retry_after, should_retry;
    int64_t delay_ms = 0;
    /// The bytes of the body that are still sent (truncate), the error of the length
    /// (wrong_length), or the bytes per piece (slow_drip).
    int64_t bytes = 1;
    /// With `500_after`: the idempotency key remembers the true result instead of the error.
    bool keeps_result = false;
    /// With `status`: the idempotency key remembers this answer, as it does of a call that began to
    /// execute, failed and did nothing.
    bool remembered = false;
    /// With `patch`: merged into every object of the answer; null removes a member.
    Json patch;
    /// With `raw`: the member's dotted path, and the text (valid JSON or not) that replaces it.
    std::string member, text;
    /// With `clock_skew`: seconds by which the clock is ahead, or behind if negative.
    int64_t seconds = 0;

    int64_t id = 0;
    int64_t hits = 0;

    /// Reads a fault from a script's JSON. Throws ApiError if it is invalid.
    static Fault from_json(const Json& json);
    Json to_json() const;
    static const std::set<std::string>& kinds();
};

/// All scripted faults.
class Faults {
public:
    int64_t add(Fault fault);
    void remove(int64_t id);
    void clear();
    /// The faults that affect this request; counts them.
    std::vector<Fault> take(const std::string& method, const std::string& path,
                            const std::string& account, Ids& ids);
    Json list();
    /// How many requests a fault has affected.
    int64_t hits(int64_t id);
    /// Sleeps as long as a `latency` says, or until the fault is removed.
    void wait(const Fault& latency);

private:
    std::mutex mutex_;
    std::condition_variable removed_;
    std::vector<Fault> faults_;
    int64_t next_id_ = 1;
};

}  // namespace stripe_sim
