// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/control.hpp"

#include "tests/smtp_sim/json.hpp"
#include "tests/smtp_sim/server.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace smtp_sim {
namespace {

using httplib::Request;
using nlohmann::json;
using sim_base::names_of;

json list_of(const std::vector<Transaction>& transactions, const Request& request) {
    const bool with_data = request.get_param_value("data") != "no";
    json out = json::array();
    for (const Transaction& transaction : transactions) {
        out.push_back(to_json(transaction, with_data));
    }
    return out;
}

json get_messages(Server& server, const Request& request) {
    if (!request.has_param("header")) {
        const std::vector<Message> messages = server.messages();
        return {{"count", messages.size()}, {"messages", list_of(messages, request)}};
    }
    const Accepted accepted = server.accepted_with_header(request.get_param_value("header"),
                                                          request.get_param_value("value"));
    return {{"count", accepted.count},
            {"identical", accepted.identical},
            {"messages", list_of(accepted.messages, request)}};
}

json get_attempts(Server& server, const Request& request) {
    const std::vector<Transaction> attempts = server.attempts();
    return {{"count", attempts.size()}, {"attempts", list_of(attempts, request)}};
}

json delete_messages(Server& server, const Request&) {
    server.forget();
    return json::object();
}

json post_rules(Server& server, const Request& request) {
    const json body = json::parse(request.body);
    // Adds all rules of a list, or none if one of them is wrong.
    std::vector<Rule> rules;
    for (const json& item : body.is_array() ? body : json::array({body})) {
        rules.push_back(rule_from_json(item));
        check(rules.back());
    }
    json ids = json::array();
    for (Rule& rule : rules) {
        ids.push_back(server.add_rule(std::move(rule)));
    }
    return {{"ids", ids}};
}

json get_rules(Server& server, const Request&) {
    json out = json::array();
    for (const auto& [id, rule] : server.rules()) {
        json item = to_json(rule);
        item["id"] = id;
        item["acted"] = server.acted(id);
        out.push_back(std::move(item));
    }
    return {{"rules", out}};
}

json delete_rules(Server& server, const Request&) {
    server.clear_rules();
    return json::object();
}

json get_counters(Server& server, const Request&) {
    json out = to_json(server.counters());
    out["accepted"] = server.accepted();
    return out;
}

json delete_connections(Server& server, const Request&) {
    server.cut_all();
    return json::object();
}

const sim_base::Calls<Server>& calls() {
    static const sim_base::Calls<Server> kCalls = {
        {"GET /messages", get_messages}, {"DELETE /messages", delete_messages},
        {"GET /attempts", get_attempts}, {"GET /rules", get_rules},
        {"POST /rules", post_rules},     {"DELETE /rules", delete_rules},
        {"GET /counters", get_counters}, {"DELETE /connections", delete_connections}};
    return kCalls;
}

}  // namespace

Control::Control(Server& server, const std::string& host, std::uint16_t port)
    : ControlServer(server, calls(), host, port) {}

json Control::describe() {
    return {{"call", names_of(calls())},
            {"stage", stage_names()},
            {"act", act_names()},
            {"key", names_of(to_json(Rule{.reply = Reply{}}).items())},
            {"outcome", outcome_names()}};
}

}  // namespace smtp_sim
