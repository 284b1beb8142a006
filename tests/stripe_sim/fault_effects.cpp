// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/fault_effects.hpp"

#include "tests/stripe_sim/error.hpp"

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

void patch_body(const Json& patch, std::string& body) {
    Json object = Json::parse(body, nullptr, false);
    if (object.is_discarded()) {
        return;
    }
    if (object.contains("data") && object["data"].is_array()) {
        for (Json& each : object["data"]) {
            merge(each, patch);
        }
    } else {
        merge(object, patch);
    }
    body = dump(object);
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
        patch_body(fault.patch, answer.body);
    }
}

}  // namespace stripe_sim
