// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/rule.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace smtp_sim {
namespace {

constexpr std::array<std::string_view, 11> kStages{"connect", "ehlo",     "starttls", "auth",
                                                   "mail",    "rcpt",     "data",     "body",
                                                   "dot",     "accepted", "quit"};
constexpr std::array<std::string_view, 6> kActs{"reply",      "cut_before_reply", "cut_after_reply",
                                                "half_close", "never_answer",     "stop_reading"};

template <typename Enum, typename Names>
Enum named(std::string_view what, std::string_view name, const Names& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) {
            return static_cast<Enum>(i);
        }
    }
    throw std::invalid_argument(fmt::format("unknown {} '{}'", what, name));
}

}  // namespace

std::string Reply::bytes() const {
    if (!raw.empty()) {
        return raw;
    }
    std::string out;
    std::size_t start = 0;
    for (;;) {
        const std::size_t end = text.find('\n', start);
        const bool last = end == std::string::npos;
        out += fmt::format("{:03}{}{}\r\n", code, last ? ' ' : '-',
                           std::string_view(text).substr(start, last ? end : end - start));
        if (last) {
            return out;
        }
        start = end + 1;
    }
}

void check(const Rule& rule) {
    const auto must = [&](bool makes_sense, std::string_view key) {
        if (!makes_sense) {
            throw std::invalid_argument(
                fmt::format("'{}' cannot be used at the stage '{}'", key, name_of(rule.stage)));
        }
    };
    const bool knows_recipients = rule.stage >= Stage::rcpt && rule.stage <= Stage::accepted;
    must(knows_recipients || rule.recipient.empty(), "recipient");
    must(knows_recipients || rule.recipient_contains.empty(), "recipient_contains");
    const bool knows_sender = rule.stage >= Stage::mail && rule.stage <= Stage::accepted;
    must(knows_sender || rule.sender.empty(), "sender");
    must(knows_sender || rule.user.empty(), "user");
    const bool has_text = rule.stage != Stage::connect && rule.stage != Stage::body;
    must(has_text || rule.text_contains.empty(), "text_contains");
    must(rule.stage == Stage::body || rule.after_bytes == 0, "after_bytes");
    if (rule.every == 0) {
        throw std::invalid_argument("'every' must be at least 1");
    }
}

std::span<const std::string_view> stage_names() {
    return kStages;
}
std::span<const std::string_view> act_names() {
    return kActs;
}
std::string_view name_of(Stage stage) {
    return kStages.at(static_cast<std::size_t>(stage));
}
std::string_view name_of(Act act) {
    return kActs.at(static_cast<std::size_t>(act));
}
Stage stage_named(std::string_view name) {
    return named<Stage>("stage", name, kStages);
}
Act act_named(std::string_view name) {
    return named<Act>("act", name, kActs);
}

}  // namespace smtp_sim
