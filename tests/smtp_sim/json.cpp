// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/json.hpp"

#include "tests/sim_base/read_json.hpp"
#include "tests/smtp_sim/sasl.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace smtp_sim {
namespace {

using nlohmann::json;
using namespace sim_base;

Reply reply_from_json(const json& value) {
    must_be_object("reply", value);
    Reply reply;
    for (const auto& [key, item] : value.items()) {
        if (key == "code") {
            const std::uint64_t code = count_of(key, item);
            if (code > 999) {
                throw std::invalid_argument("'code' must have three digits");
            }
            reply.code = static_cast<int>(code);
        } else if (key == "text") {
            reply.text = text_of(key, item);
        } else if (key == "raw") {
            reply.raw = text_of(key, item);
        } else if (key == "raw_base64") {
            const auto raw = decode_base64(text_of(key, item));
            if (!raw) {
                throw std::invalid_argument("'raw_base64' is not base64");
            }
            reply.raw = *raw;
        } else {
            unknown("reply." + key);
        }
    }
    return reply;
}

bool is_utf8(const std::string& text) {
    try {
        static_cast<void>(json(text).dump());
        return true;
    } catch (const json::type_error&) {
        return false;
    }
}

void put_bytes(json& out, const std::string& key, const std::string& bytes) {
    if (is_utf8(bytes)) {
        out[key] = bytes;
    } else {
        out[key + "_base64"] = encode_base64(bytes);
    }
}

/// Replaces invalid UTF-8: the client may have sent any bytes.
std::string readable(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool plain = static_cast<unsigned char>(c) < 0x80;
        out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return is_utf8(text) ? text : out;
}

}  // namespace

Rule rule_from_json(const json& value) {
    if (!value.is_object() || !value.contains("stage")) {
        throw std::invalid_argument("a rule is an object with a 'stage'");
    }
    Rule rule;
    for (const auto& [key, item] : value.items()) {
        if (key == "stage") {
            rule.stage = stage_named(text_of(key, item));
        } else if (key == "recipient") {
            rule.recipient = text_of(key, item);
        } else if (key == "recipient_contains") {
            rule.recipient_contains = text_of(key, item);
        } else if (key == "sender") {
            rule.sender = text_of(key, item);
        } else if (key == "user") {
            rule.user = text_of(key, item);
        } else if (key == "text_contains") {
            rule.text_contains = text_of(key, item);
        } else if (key == "after_bytes") {
            rule.after_bytes = count_of(key, item);
        } else if (key == "skip") {
            rule.skip = count_of(key, item);
        } else if (key == "times") {
            rule.times = count_of(key, item);
        } else if (key == "every") {
            rule.every = count_of(key, item);
        } else if (key == "delay_ms") {
            rule.delay = time_of(key, item);
        } else if (key == "act") {
            rule.act = act_named(text_of(key, item));
        } else if (key == "reply") {
            rule.reply = reply_from_json(item);
        } else if (key == "reset") {
            rule.reset = yes_of(key, item);
        } else {
            unknown(key);
        }
    }
    return rule;
}

json to_json(const Rule& rule) {
    json out{{"stage", name_of(rule.stage)},
             {"after_bytes", rule.after_bytes},
             {"skip", rule.skip},
             {"times", rule.times},
             {"every", rule.every},
             {"delay_ms", rule.delay.count()},
             {"act", name_of(rule.act)},
             {"reset", rule.reset}};
    put_bytes(out, "recipient", rule.recipient);
    put_bytes(out, "recipient_contains", rule.recipient_contains);
    put_bytes(out, "sender", rule.sender);
    put_bytes(out, "user", rule.user);
    put_bytes(out, "text_contains", rule.text_contains);
    if (rule.reply) {
        json reply{{"code", rule.reply->code}};
        put_bytes(reply, "text", rule.reply->text);
        put_bytes(reply, "raw", rule.reply->raw);
        out["reply"] = reply;
    }
    return out;
}

json to_json(const Transaction& transaction, bool with_data) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(transaction.time);
    const auto micros = std::chrono::floor<std::chrono::microseconds>(transaction.time - seconds);
    json out{{"id", transaction.id},
             {"number", transaction.number},
             {"connection", transaction.connection},
             {"time", fmt::format("{:%FT%T}.{:06}Z", fmt::gmtime(seconds), micros.count())},
             {"tls", transaction.tls},
             {"user", readable(transaction.user)},
             {"from", readable(transaction.from)},
             {"recipients", json::array()},
             {"outcome", name_of(transaction.outcome)},
             {"code", transaction.code},
             {"dialogue", json::array()},
             {"data_started", transaction.data_started},
             {"size", transaction.size},
             {"digest", transaction.digest}};
    for (const std::string& recipient : transaction.recipients) {
        out["recipients"].push_back(readable(recipient));
    }
    for (const std::string& line : transaction.dialogue) {
        out["dialogue"].push_back(readable(line));
    }
    if (with_data) {
        put_bytes(out, "data", transaction.bytes());
    }
    return out;
}

json to_json(const Counters& counters) {
    return {
        {"connections", counters.connections}, {"open", counters.open},
        {"handshakes", counters.handshakes},   {"failed_handshakes", counters.failed_handshakes},
        {"logins", counters.logins},           {"failed_logins", counters.failed_logins}};
}

}  // namespace smtp_sim
