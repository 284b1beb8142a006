// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace stripe_sim {

/// Remembers the first answer to each idempotency key for a given virtual time.
class Idempotency {
public:
    enum class State { kFirst, kRunning, kMismatch, kReplay };
    struct Entry {
        State state = State::kFirst;
        int status = 0;
        std::string body;
        std::string request_id;
    };

    /// Looks the key up. kFirst reserves it; finish() or forget() must follow.
    Entry begin(const std::string& key, const std::string& params, int64_t now, int64_t seconds);
    void finish(const std::string& key, int status, const std::string& body,
                const std::string& request_id);
    void forget(const std::string& key);

private:
    struct Stored {
        std::string params;
        int64_t expires_at = 0;
        bool running = true;
        int status = 0;
        std::string body;
        std::string request_id;
    };

    std::mutex mutex_;
    std::map<std::string, Stored> entries_;
    int64_t next_prune_ = 0;
};

}  // namespace stripe_sim
