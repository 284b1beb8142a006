// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/api.hpp"

#include "tests/stripe_sim/authorization.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/fault_effects.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/wire_v2.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace stripe_sim {
namespace {

Answer error_answer(const ApiError& error) {
    Answer answer;
    answer.status = error.status();
    answer.body = error.body();
    return answer;
}

/// The parameters in an order that does not depend on how they were sent.
std::string canonical(FormPairs pairs) {
    std::sort(pairs.begin(), pairs.end());
    std::string out;
    for (const auto& [name, value] : pairs) {
        out += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    return out;
}

std::string http_date(int64_t seconds) {
    std::tm parts{};
    auto time = static_cast<std::time_t>(seconds);
    ::gmtime_r(&time, &parts);
    char text[40];
    return {text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

bool well_formed_version(std::string_view version) {
    constexpr std::string_view kDate = "0000-00-00";
    for (size_t i = 0; i < kDate.size(); ++i) {
        bool digit = i < version.size() && version[i] >= '0' && version[i] <= '9';
        if (i >= version.size() || (kDate[i] == '0' ? !digit : version[i] != '-')) {
            return false;
        }
    }
    std::string_view train = version.substr(kDate.size());
    return train.empty() ||
           (train.size() > 1 && train[0] == '.' &&
            train.find_first_not_of("abcdefghijklmnopqrstuvwxyz", 1) == std::string_view::npos);
}

/// Stripe falls back to the account's default version. The stand-in refuses a request without one,
/// to find a client that forgot to pin it.
void check_version(const std::string& version) {
    if (version.empty()) {
        throw invalid_request("This stand-in requires a Stripe-Version header in every request.")
            .forget();
    }
    if (!well_formed_version(version)) {
        throw invalid_request("Invalid Stripe API version: " + version).forget();
    }
}

/// The answer for a key of the other mode: the platform itself without money, and no object of this
/// mode.
Answer other_mode_answer(const Call& call, const std::vector<std::string>& ids,
                         const std::string& secret, bool livemode) {
    if (!call.stripe_account.empty()) {
        throw account_invalid(secret, call.stripe_account);
    }
    if (!ids.empty() && ids[0].starts_with("acct_")) {
        throw account_invalid(secret, ids[0]);
    }
    if (!ids.empty()) {
        throw ApiError(404, "invalid_request_error", "resource_missing",
                       "No such object: '" + ids[0] +
                           "'; a similar object exists in the other mode, but a key of this mode "
                           "was used to make this request.",
                       "id");
    }
    if (call.path == "/v1/balance") {
        Answer answer;
        answer.body = dump({{"object", "balance"},
                            {"available", Json::array()},
                            {"livemode", livemode},
                            {"pending", Json::array()}});
        return answer;
    }
    if (call.method != "GET") {
        throw invalid_request("This stand-in keeps the objects of one mode only.").forget();
    }
    Answer answer;
    answer.body = list_body({}, false, call.path);
    return answer;
}

}  // namespace

Api::Api(World& world, const Options& options)
    : world_(world),
      options_(options),
      log_(options.log_limit),
      rate_limit_(options),
      keys_(options.key, options.livemode) {
    add_account_routes(router_);
    add_account_v2_routes(router_);
    add_file_routes(router_);
    add_link_routes(router_);
    add_money_routes(router_);
}

const Fault* Api::Passage::fault(const char* kind) const {
    for (const Fault& each : faults) {
        if (each.kind == kind) {
            return &each;
        }
    }
    return nullptr;
}

int64_t Api::Passage::skew() const {
    const Fault* skewed = fault("clock_skew");
    return skewed == nullptr ? 0 : skewed->seconds;
}

Answer Api::handle(const Call& call) {
    Passage passage{call, world_.ids().next("req_", 14), key_of(call.authorization), {}, {}, false,
                    ""};
    passage.faults = faults_.take(call.method, call.path, call.stripe_account, world_.ids());
    Answer out;
    try {
        out = answer(passage);
    } catch (const ApiError& error) {
        out = error_answer(error);
    }
    finish(passage, out);
    return out;
}

Answer Api::answer(Passage& passage) {
    const Call& call = passage.call;
    if (passage.fault("reset_before") != nullptr) {
        Answer nothing;
        nothing.status = 0;
        nothing.transport.reset = true;
        return nothing;
    }
    const Fault* status = passage.fault("status");
    if (status != nullptr && !status->remembered) {
        return fault_answer(*status);
    }
    if (call.path.starts_with("/oauth/")) {
        return oauth(passage);
    }
    passage.key = keys_.check(passage.secret);
    check_version(call.stripe_version);
    std::vector<std::string> ids;
    const Route* route = router_.find(call.method, call.path, ids);
    if (route == nullptr) {
        throw unknown_path(call.method, call.path);
    }
    RateLimit::Turn turn = rate_limit_.enter(route->name);
    if (!turn.reason().empty()) {
        Fault limit;
        limit.status = 429;
        limit.reason = turn.reason();
        return fault_answer(limit);
    }
    return authorized(passage, *route, std::move(ids));
}

Answer Api::authorized(Passage& passage, const Route& route, std::vector<std::string> ids) {
    const Call& call = passage.call;
    std::string acting = call.stripe_account.empty() ? world_.platform().id : call.stripe_account;
    std::shared_ptr<Account> account = world_.hold(acting);
    if (passage.key.livemode != options_.livemode && call.path != "/v1/account") {
        return other_mode_answer(call, ids, passage.secret, passage.key.livemode);
    }
    if (account == nullptr || passage.fault("account_invalid") != nullptr) {
        throw account_invalid(passage.secret, acting);
    }
    check_permission(passage.secret, passage.key, call.method, call.path, acting);
    if (passage.fault("permission") != nullptr) {
        throw permission_missing(passage.secret, acting, permission_for(call.method, call.path));
    }
    if (route.platform_only && account.get() != &world_.platform()) {
        throw invalid_request(
            "Only Stripe Connect platforms can work with other accounts. This "
            "call cannot be made on behalf of a connected account.");
    }
    if (call.method != "GET") {
        check_scope(*account, passage.secret);
    }
    check_content_type(call);
    return remembered(passage, route, std::move(ids), *account);
}

Answer Api::remembered(Passage& passage, const Route& route, std::vector<std::string> ids,
                       Account& account) {
    const Call& call = passage.call;
    bool remember = false;
    if (call.method != "POST" || call.idempotency_key.empty()) {
        if (const Fault* status = passage.fault("status")) {
            return fault_answer(*status);
        }
        return execute(passage, route, std::move(ids), account, remember);
    }
    if (call.idempotency_key.size() > 255) {
        throw invalid_request("Idempotency keys can be at most 255 characters long.");
    }
    std::string key = account.id + " " + call.method + " " + call.path + " " + call.idempotency_key;
    auto entry = idempotency_.begin(key, canonical(parse_form(call.body)), world_.clock().now(),
                                    idempotency_seconds(call));
    switch (entry.state) {
        case Idempotency::State::kMismatch:
            throw ApiError(400, "idempotency_error", "",
                           "Keys for idempotent requests can only be used with the same "
                           "parameters they were first used with. Try using a key other than '" +
                               call.idempotency_key +
                               "' if you meant to execute a different request.");
        case Idempotency::State::kRunning:
            throw ApiError(409, "idempotency_error", "idempotency_key_in_use",
                           "There is currently another in-progress request using this "
                           "Idempotent Key (that probably means you submitted twice, and the "
                           "other request is still going through): " +
                               call.idempotency_key + ".");
        case Idempotency::State::kReplay: {
            passage.replayed = true;
            passage.original_request = entry.request_id;
            Answer replay;
            replay.status = entry.status;
            replay.body = entry.body;
            return replay;
        }
        case Idempotency::State::kFirst:
            break;
    }
    const Fault* status = passage.fault("status");
    if (status != nullptr) {
        Answer error = fault_answer(*status);
        idempotency_.finish(key, error.status, error.body, passage.request_id);
        return error;
    }
    Answer first = execute(passage, route, std::move(ids), account, remember);
    if (!remember || (is_v2(call) && first.status >= 400)) {
        idempotency_.forget(key);
        return first;
    }
    const Fault* after = passage.fault("500_after");
    if (after == nullptr || after->keeps_result || is_v2(call)) {
        idempotency_.finish(key, first.status, first.body, passage.request_id);
    } else {
        Answer error = fault_answer(*after);
        idempotency_.finish(key, error.status, error.body, passage.request_id);
    }
    return first;
}

Answer Api::execute(Passage& passage, const Route& route, std::vector<std::string> ids,
                    Account& account, bool& remember) {
    const Call& call = passage.call;
    if (const Fault* fault = passage.fault("latency")) {
        faults_.wait(*fault);
    }
    const Fault* late = passage.fault("late_visibility");
    remember = true;
    try {
        Context context{world_,         account,
                        std::move(ids), parse_form(call.method == "POST" ? call.body : call.query),
                        call.path,      passage.secret,
                        call.body,      call.content_type};
        Reply reply;
        {
            auto guard = world_.lock();
            world_.run_due();
            world_.set_request(passage.request_id, call.idempotency_key);
            world_.set_visibility_delay(late == nullptr ? 0 : late->delay_ms);
            world_.set_skew(passage.skew());
            try {
                reply = route.handler(context);
            } catch (...) {
                world_.end_request();
                throw;
            }
            world_.end_request();
        }
        Answer answer;
        answer.body = reply.body();
        return answer;
    } catch (const ApiError& error) {
        remember = error.remembered();
        return error_answer(error);
    }
}

Answer Api::oauth(Passage& passage) {
    const Call& call = passage.call;
    FormPairs form = parse_form(call.body);
    std::string key = passage.secret.empty() ? form_value(form, "client_secret") : passage.secret;
    Answer answer;
    try {
        if (const Fault* fault = passage.fault("latency")) {
            faults_.wait(*fault);
        }
        answer.body = dump(oauth_call(world_, options_, call, form, key));
    } catch (const ApiError& error) {
        answer.status = error.status();
        answer.body = dump(Json{{"error", error.error()["type"]},
                                {"error_description", error.error()["message"]}});
    }
    return answer;
}

void Api::finish(Passage& passage, Answer& answer) {
    const Call& call = passage.call;
    LoggedRequest entry;
    for (const Fault& fault : passage.faults) {
        apply_fault(fault, answer);
        entry.fault += (entry.fault.empty() ? "" : " ") + fault.kind;
    }
    if (is_v2(call) && answer.status >= 400) {
        answer.body = v2_error_body(answer.body);
    }
    auto header = [&](const char* name, const std::string& value) {
        if (!value.empty()) {
            answer.headers.emplace_back(name, value);
        }
    };
    header("Date", http_date(world_.clock().now() + passage.skew()));
    header("Request-Id", passage.request_id);
    header("Stripe-Version", call.stripe_version);
    header("Stripe-Account", call.stripe_account);
    if (call.method == "POST") {
        header("Idempotency-Key", call.idempotency_key);
    }
    if (passage.replayed) {
        header("Idempotent-Replayed", "true");
        header("Original-Request", passage.original_request);
    }
    entry.time_ms = world_.clock().now_ms();
    entry.method = call.method;
    entry.path = call.path;
    entry.query = call.query;
    entry.body = call.path.starts_with("/oauth/") ? "" : call.body;
    entry.account = call.stripe_account;
    entry.idempotency_key = call.idempotency_key;
    entry.request_id = passage.request_id;
    entry.status = answer.status;
    entry.replayed = passage.replayed;
    log_.add(std::move(entry));
}

}  // namespace stripe_sim
