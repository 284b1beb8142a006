// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/faults.hpp"

#include "tests/stripe_sim/error.hpp"

#include <algorithm>
#include <chrono>

namespace stripe_sim {

const std::set<std::string>& Fault::kinds() {
    static const std::set<std::string> kKinds = {
        "status",     "500_after",    "latency",     "late_visibility", "account_invalid",
        "permission", "reset_before", "reset_after", "truncate",        "wrong_length",
        "slow_drip",  "patch",        "raw",         "clock_skew"};
    return kKinds;
}

Fault Fault::from_json(const Json& json) {
    static const std::set<std::string> kNames = {
        "kind",        "method",       "path",     "account",   "times",        "skip",
        "probability", "status",       "code",     "type",      "message",      "reason",
        "retry_after", "should_retry", "delay_ms", "bytes",     "keeps_result", "patch",
        "member",      "text",         "seconds",  "remembered"};
    for (const auto& [key, value] : json.items()) {
        if (!kNames.contains(key)) {
            throw parameter_unknown(key);
        }
    }
    Fault fault;
    fault.kind = text_of(json, "kind", fault.kind);
    if (!kinds().contains(fault.kind)) {
        throw parameter_invalid("", "kind", "Unknown kind of fault: " + fault.kind);
    }
    fault.method = text_of(json, "method");
    fault.path = text_of(json, "path");
    fault.account = text_of(json, "account");
    fault.times = int_of(json, "times", fault.times);
    fault.skip = int_of(json, "skip");
    fault.probability = json.value("probability", 1.0);
    fault.status = static_cast<int>(int_of(json, "status", fault.status));
    fault.code = text_of(json, "code");
    fault.type = text_of(json, "type");
    fault.message = text_of(json, "message");
    fault.reason = text_of(json, "reason");
    fault.retry_after = text_of(json, "retry_after");
    fault.should_retry = text_of(json, "should_retry");
    fault.delay_ms = int_of(json, "delay_ms");
    fault.bytes = int_of(json, "bytes", fault.bytes);
    fault.keeps_result = bool_of(json, "keeps_result");
    fault.remembered = bool_of(json, "remembered");
    fault.patch = stripe_sim::member(json, "patch");
    fault.member = text_of(json, "member");
    fault.text = text_of(json, "text");
    fault.seconds = int_of(json, "seconds");
    if (fault.kind == "raw" && (fault.member.empty() || fault.text.empty())) {
        throw parameter_missing(fault.member.empty() ? "member" : "text");
    }
    return fault;
}

Json Fault::to_json() const {
    return {{"id", id},           {"kind", kind},
            {"method", method},   {"path", path},
            {"account", account}, {"times", times},
            {"skip", skip},       {"probability", probability},
            {"status", status},   {"delay_ms", delay_ms},
            {"hits", hits}};
}

int64_t Faults::add(Fault fault) {
    std::lock_guard lock(mutex_);
    fault.id = next_id_++;
    faults_.push_back(std::move(fault));
    return faults_.back().id;
}

void Faults::remove(int64_t id) {
    std::lock_guard lock(mutex_);
    std::erase_if(faults_, [&](const Fault& fault) { return fault.id == id; });
    removed_.notify_all();
}

void Faults::clear() {
    std::lock_guard lock(mutex_);
    faults_.clear();
    removed_.notify_all();
}

void Faults::wait(const Fault& latency) {
    std::unique_lock lock(mutex_);
    removed_.wait_for(lock, std::chrono::milliseconds(latency.delay_ms), [&] {
        return std::none_of(faults_.begin(), faults_.end(),
                            [&](const Fault& fault) { return fault.id == latency.id; });
    });
}

std::vector<Fault> Faults::take(const std::string& method, const std::string& path,
                                const std::string& account, Ids& ids) {
    std::lock_guard lock(mutex_);
    std::vector<Fault> striking;
    for (Fault& fault : faults_) {
        bool matches = fault.times != 0 && (fault.method.empty() || fault.method == method) &&
                       path.starts_with(fault.path) &&
                       (fault.account.empty() || fault.account == account);
        if (!matches) {
            continue;
        }
        if (fault.skip > 0) {
            --fault.skip;
        } else if (fault.probability >= 1 || ids.chance("fault") < fault.probability) {
            fault.times -= fault.times > 0 ? 1 : 0;
            ++fault.hits;
            striking.push_back(fault);
        }
    }
    return striking;
}

Json Faults::list() {
    std::lock_guard lock(mutex_);
    Json out = Json::array();
    for (const Fault& fault : faults_) {
        out.push_back(fault.to_json());
    }
    return out;
}

int64_t Faults::hits(int64_t id) {
    std::lock_guard lock(mutex_);
    for (const Fault& fault : faults_) {
        if (fault.id == id) {
            return fault.hits;
        }
    }
    return 0;
}

}  // namespace stripe_sim
