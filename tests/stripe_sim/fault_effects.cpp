// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/fault_effects.hpp"

#include "tests/stripe_sim/error.hpp"

#include <algorithm>
#include <functional>

namespace stripe_sim {
namespace {

std::string default_type(int status) {
    return status >= 500 ? "api_error" : "invalid_request_error";
}

std::string default_code(const Fault& fault) {
    if (!fault.code.empty() || fault.status != 429) {
        return fault.code;
    }
    return fault.reason.empty() ? "lock_timeout" : "rate_limit";
}

std::string default_message(int status) {
    if (status == 429) {
        return "Request rate limit exceeded. You can learn more about rate limits here "
               "https://stripe.com/docs/rate-limits.";
    }
    return status >= 500 ? "An unknown error occurred" : "The request was refused.";
}

/// Calls `change` with every object of the answer: those of the page, or the only one.
void change_objects(std::string& body, const std::function<void(Json&)>& change) {
    Json answer = Json::parse(body, nullptr, false);
    if (answer.is_discarded()) {
        return;
    }
    if (answer.contains("data") && answer["data"].is_array()) {
        for (Json& each : answer["data"]) {
            change(each);
        }
    } else {
        change(answer);
    }
    body = dump(answer);
}

/// Replaces the member by text that need not be JSON: first by a placeholder, then in the written
/// JSON by the text.
void put_raw(const Fault& fault, std::string& body) {
    static const std::string kMark = "paysync-raw-member";
    std::string pointer = "/" + fault.member;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    change_objects(body, [&](Json& object) { object[Json::json_pointer(pointer)] = kMark; });
    std::string quoted = '"' + kMark + '"';
    for (size_t at = body.find(quoted); at != std::string::npos;
         at = body.find(quoted, at + fault.text.size())) {
        body.replace(at, quoted.size(), fault.text);
    }
}

}  // namespace

Answer fault_answer(const Fault& fault) {
    ApiError error(fault.status, fault.type.empty() ? default_type(fault.status) : fault.type,
                   default_code(fault),
                   fault.message.empty() ? default_message(fault.status) : fault.message);
    Answer answer;
    answer.status = fault.status;
    answer.body = error.body();
    auto header = [&](const char* name, const std::string& value) {
        if (!value.empty()) {
            answer.headers.emplace_back(name, value);
        }
    };
    header("Stripe-Rate-Limited-Reason", fault.reason);
    header("Retry-After", fault.retry_after);
    header("Stripe-Should-Retry", fault.should_retry);
    return answer;
}

void apply_fault(const Fault& fault, Answer& answer) {
    if (fault.kind == "500_after") {
        answer = fault_answer(fault);
    } else if (fault.kind == "reset_after") {
        answer.transport.reset = true;
    } else if (fault.kind == "truncate") {
        answer.transport.truncate = fault.bytes;
    } else if (fault.kind == "wrong_length") {
        answer.transport.length_lie = fault.bytes;
    } else if (fault.kind == "slow_drip") {
        answer.transport.drip_bytes = fault.bytes;
        answer.transport.drip_ms = fault.delay_ms;
    } else if (fault.kind == "patch") {
        change_objects(answer.body, [&](Json& object) { merge(object, fault.patch); });
    } else if (fault.kind == "raw") {
        put_raw(fault, answer.body);
    }
}

}  // namespace stripe_sim
