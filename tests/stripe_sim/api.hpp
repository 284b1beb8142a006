// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/faults.hpp"
#include "tests/stripe_sim/idempotency.hpp"
#include "tests/stripe_sim/keys.hpp"
#include "tests/stripe_sim/rate_limit.hpp"
#include "tests/stripe_sim/request_log.hpp"
#include "tests/stripe_sim/router.hpp"
#include "tests/stripe_sim/world.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

/// Answers `/v1/…`, `/v2/…` and `/oauth/token|deauthorize` as Stripe does. Each call passes key,
/// version, account, limits, idempotency, parameters and faults, in this order, and is logged. Any
/// thread may call.
class Api {
public:
    Api(World& world, const Options& options);

    Answer handle(const Call& call);
    Faults& faults() { return faults_; }
    RequestLog& log() { return log_; }
    RateLimit& rate_limit() { return rate_limit_; }
    Keys& keys() { return keys_; }
    const Router& router() const { return router_; }

private:
    /// One request with its intermediate results.
    struct Passage {
        const Call& call;
        std::string request_id;
        /// The secret key of the call, and its permissions.
        std::string secret;
        Key key;
        std::vector<Fault> faults;
        bool replayed = false;
        std::string original_request;
        const Fault* fault(const char* kind) const;
        /// Seconds by which the clock of the answering server is wrong.
        int64_t skew() const;
    };

    Answer answer(Passage& passage);
    Answer authorized(Passage& passage, const Route& route, std::vector<std::string> ids);
    Answer remembered(Passage& passage, const Route& route, std::vector<std::string> ids,
                      Account& account);
    Answer execute(Passage& passage, const Route& route, std::vector<std::string> ids,
                   Account& account, bool& remember);
    Answer oauth(Passage& passage);
    void finish(Passage& passage, Answer& answer);

    World& world_;
    Options options_;
    Router router_;
    Idempotency idempotency_;
    Faults faults_;
    RequestLog log_;
    RateLimit rate_limit_;
    Keys keys_;
};

/// The key in an Authorization header: Bearer, or Basic with the key as user name.
std::string key_of(const std::string& authorization);

}  // namespace stripe_sim
