// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/rule_book.hpp"

#include <algorithm>

namespace smtp_sim {
namespace {

bool any_recipient(const Situation& now, const auto& wanted) {
    // At RCPT only the last recipient is being added; the others were compared before.
    if (now.stage == Stage::rcpt) {
        return !now.recipients.empty() && wanted(now.recipients.back());
    }
    return std::any_of(now.recipients.begin(), now.recipients.end(), wanted);
}

bool matches(const Rule& rule, const Situation& now) {
    if (rule.stage != now.stage) {
        return false;
    }
    const auto exact = [&](const std::string& r) { return r == rule.recipient; };
    const auto part = [&](const std::string& r) {
        return r.find(rule.recipient_contains) != std::string::npos;
    };
    return (rule.sender.empty() || rule.sender == now.sender) &&
           (rule.user.empty() || rule.user == now.user) &&
           (rule.recipient.empty() || any_recipient(now, exact)) &&
           (rule.recipient_contains.empty() || any_recipient(now, part)) &&
           now.text.find(rule.text_contains) != std::string_view::npos;
}

}  // namespace

std::uint64_t RuleBook::add(Rule rule) {
    check(rule);
    const std::lock_guard lock(mutex_);
    entries_.push_back(Entry{.id = ++last_id_, .rule = std::move(rule)});
    count_ = entries_.size();
    return last_id_;
}

void RuleBook::clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    count_ = 0;
}

std::uint64_t RuleBook::acted(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [id](const Entry& entry) { return entry.id == id; });
    return found == entries_.end() ? 0 : found->acted;
}

std::vector<std::pair<std::uint64_t, Rule>> RuleBook::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::uint64_t, Rule>> out;
    for (const Entry& entry : entries_) {
        out.emplace_back(entry.id, entry.rule);
    }
    return out;
}

std::optional<Rule> RuleBook::pick(const Situation& now) {
    return pick_if(now, std::nullopt);
}

std::optional<Rule> RuleBook::pick_body(const Situation& now, std::uint64_t bytes) {
    return pick_if(now, bytes);
}

std::optional<std::uint64_t> RuleBook::next_body(const Situation& now, std::uint64_t bytes) const {
    if (count_ == 0) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    std::optional<std::uint64_t> next;
    for (const Entry& entry : entries_) {
        const std::uint64_t at = entry.rule.after_bytes;
        if (at > bytes && matches(entry.rule, now)) {
            next = std::min(next.value_or(at), at);
        }
    }
    return next;
}

std::optional<Rule> RuleBook::pick_if(const Situation& now, std::optional<std::uint64_t> bytes) {
    if (count_ == 0) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    for (Entry& entry : entries_) {
        const Rule& rule = entry.rule;
        const bool spent = rule.times != 0 && entry.acted == rule.times;
        if (spent || (bytes && rule.after_bytes != *bytes) || !matches(rule, now)) {
            continue;
        }
        ++entry.matched;
        if (entry.matched > rule.skip && (entry.matched - rule.skip) % rule.every == 0) {
            ++entry.acted;
            return rule;
        }
    }
    return std::nullopt;
}

}  // namespace smtp_sim
