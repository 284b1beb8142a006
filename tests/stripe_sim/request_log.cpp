// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/request_log.hpp"

namespace stripe_sim {

Json LoggedRequest::to_json() const {
    return {{"number", number},         {"time_ms", time_ms},
            {"method", method},         {"path", path},
            {"query", query},           {"body", body},
            {"account", account},       {"idempotency_key", idempotency_key},
            {"request_id", request_id}, {"status", status},
            {"replayed", replayed},     {"fault", fault}};
}

void RequestLog::add(LoggedRequest request) {
    std::lock_guard lock(mutex_);
    request.number = ++total_;
    requests_.push_back(std::move(request));
    if (requests_.size() > limit_) {
        requests_.pop_front();
    }
}

std::vector<LoggedRequest> RequestLog::requests(uint64_t after, const std::string& method,
                                                const std::string& path) {
    std::lock_guard lock(mutex_);
    std::vector<LoggedRequest> out;
    for (const LoggedRequest& request : requests_) {
        if (request.number > after && (method.empty() || request.method == method) &&
            request.path.starts_with(path)) {
            out.push_back(request);
        }
    }
    return out;
}

uint64_t RequestLog::total() {
    std::lock_guard lock(mutex_);
    return total_;
}

void RequestLog::clear() {
    std::lock_guard lock(mutex_);
    requests_.clear();
}

}  // namespace stripe_sim
