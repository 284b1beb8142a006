// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/rule.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtp_sim {

/// The state of a session that rules are compared with.
struct Situation {
    Stage stage;
    const std::vector<std::string>& recipients;
    /// The command line; at `dot` and `accepted`, the message.
    std::string_view text;
    /// The envelope sender and the user who logged in; empty before `mail`.
    std::string_view sender = {};
    std::string_view user = {};
};

/// The rules of a server and how often each acted. May be used from any thread.
class RuleBook {
public:
    /// Adds a rule after the others and returns its number. Throws as check() does.
    std::uint64_t add(Rule rule);
    /// Removes all rules.
    void clear();
    /// How often the rule acted; 0 for an unknown one.
    std::uint64_t acted(std::uint64_t id) const;
    /// All rules with their numbers, in order.
    std::vector<std::pair<std::uint64_t, Rule>> all() const;

    /// The first rule that acts now, which is counted. Matching rules before it that do not act
    /// count their match.
    std::optional<Rule> pick(const Situation& now);
    /// The same for `body`: rules whose `after_bytes` is exactly `bytes`.
    std::optional<Rule> pick_body(const Situation& now, std::uint64_t bytes);
    /// The smallest `after_bytes` above `bytes` of a matching `body` rule.
    std::optional<std::uint64_t> next_body(const Situation& now, std::uint64_t bytes) const;

private:
    struct Entry {
        std::uint64_t id;
        Rule rule;
        std::uint64_t matched = 0;
        std::uint64_t acted = 0;
    };

    std::optional<Rule> pick_if(const Situation& now, std::optional<std::uint64_t> bytes);

    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
    std::uint64_t last_id_ = 0;
    // Lets a server without rules avoid the lock.
    std::atomic<std::size_t> count_{0};
};

}  // namespace smtp_sim
