// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/idempotency.hpp"

namespace stripe_sim {
namespace {

constexpr int64_t kPruneEvery = 3600;

}  // namespace

Idempotency::Entry Idempotency::begin(const std::string& key, const std::string& params,
                                      int64_t now, int64_t seconds) {
    std::lock_guard lock(mutex_);
    if (now >= next_prune_) {
        std::erase_if(entries_, [&](const auto& entry) {
            return entry.second.expires_at <= now && !entry.second.running;
        });
        next_prune_ = now + kPruneEvery;
    }
    auto found = entries_.find(key);
    if (found != entries_.end() && !found->second.running && found->second.expires_at <= now) {
        entries_.erase(found);
        found = entries_.end();
    }
    if (found == entries_.end()) {
        Stored& stored = entries_[key];
        stored.params = params;
        stored.expires_at = now + seconds;
        return {};
    }
    const Stored& stored = found->second;
    if (stored.params != params) {
        return {State::kMismatch, 0, "", ""};
    }
    if (stored.running) {
        return {State::kRunning, 0, "", ""};
    }
    return {State::kReplay, stored.status, stored.body, stored.request_id};
}

void Idempotency::finish(const std::string& key, int status, const std::string& body,
                         const std::string& request_id) {
    std::lock_guard lock(mutex_);
    Stored& stored = entries_[key];
    stored.running = false;
    stored.status = status;
    stored.body = body;
    stored.request_id = request_id;
}

void Idempotency::forget(const std::string& key) {
    std::lock_guard lock(mutex_);
    entries_.erase(key);
}

}  // namespace stripe_sim
