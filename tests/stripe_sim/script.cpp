// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/script.hpp"

#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/account_script.hpp"
#include "tests/stripe_sim/application_fees.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/list.hpp"

#include <functional>
#include <map>

namespace stripe_sim {
namespace {

std::string wanted(const Json& in, const char* name) {
    std::string value = text_of(in, name);
    if (value.empty()) {
        throw parameter_missing(name);
    }
    return value;
}

Json list_accounts(World& world) {
    Json out = Json::array();
    world.each_account([&](Account& account) {
        out.push_back({{"id", account.id},
                       {"connected", account.connected},
                       {"deleted", account.deleted},
                       {"payment_links", account.payment_links.size()},
                       {"charges", account.charges.size()},
                       {"account", world.account_json(account.id)}});
    });
    return out;
}

Json list_links(World& world) {
    Json out = Json::array();
    auto add = [&](Account& account) {
        account.payment_links.each([&](Record& record) {
            Json link = record.json();
            out.push_back({{"id", record.id},
                           {"account", account.id},
                           {"open", world.link_open(link)},
                           {"link", link}});
        });
    };
    add(world.platform());
    world.each_account(add);
    return out;
}

Json create_account(World& world, const Json& in) {
    Json params = in;
    params.erase("connected");
    params.erase("enabled");
    check_new_account(params);
    std::string id = text_of(world.create_account(params, bool_of(in, "connected", true)), "id");
    if (bool_of(in, "enabled")) {
        world.complete_onboarding(id);
    }
    return world.account_json(id);
}

Json set_clock(World& world, const Json& in) {
    if (in.contains("stopped")) {
        world.clock().stop(bool_of(in, "stopped"));
    }
    if (in.contains("set")) {
        world.clock().set(int_of(in, "set"));
    }
    world.advance(int_of(in, "advance"));
    return {{"now", world.now()}};
}

Json pay(World& world, const Json& in) {
    PayInput input;
    input.outcome = text_of(in, "outcome", "ok");
    input.email = text_of(in, "email", "buyer@example.com");
    input.name = text_of(in, "name");
    input.session = text_of(in, "session");
    input.client_reference_id = text_of(in, "client_reference_id");
    input.force = bool_of(in, "force");
    input.method = text_of(in, "method");
    input.settle_after = int_of(in, "settle_after");
    input.settle_outcome = text_of(in, "settle_outcome", "ok");
    input.manual = bool_of(in, "manual");
    return world.pay(wanted(in, "link"), input);
}

Json set_event_faults(World& world, const Json& in) {
    EventFaults faults;
    faults.type = text_of(in, "type");
    faults.late_ms = int_of(in, "late_ms");
    faults.shuffle = int_of(in, "shuffle");
    faults.omit = in.value("omit", 0.0);
    world.set_event_faults(faults);
    return in;
}

Json list_requests(Api& api, const FormPairs& query) {
    Json out = Json::array();
    uint64_t after = std::stoull("0" + form_value(query, "after"));
    for (const LoggedRequest& request :
         api.log().requests(after, form_value(query, "method"), form_value(query, "path"))) {
        out.push_back(request.to_json());
    }
    return {{"total", api.log().total()}, {"requests", out}};
}

using Command = std::function<Json(World&, Api&, const Json&)>;

const std::map<std::string, Command>& commands() {
    static const std::map<std::string, Command> kCommands = {
        {"POST accounts", [](World& w, Api&, const Json& in) { return create_account(w, in); }},
        {"POST clock", [](World& w, Api&, const Json& in) { return set_clock(w, in); }},
        {"POST generate", [](World& w, Api&, const Json& in) { return w.generate(in); }},
        {"POST sums",
         [](World& w, Api&, const Json& in) {
             return w.sums(wanted(in, "account"), time_range(member(in, "created")));
         }},
        {"POST pay", [](World& w, Api&, const Json& in) { return pay(w, in); }},
        {"POST settle",
         [](World& w, Api&, const Json& in) {
             return w.settle(wanted(in, "charge"), text_of(in, "outcome", "ok"),
                             text_of(in, "row", "payment_reversal"));
         }},
        {"POST capture",
         [](World& w, Api&, const Json& in) {
             return w.capture(wanted(in, "charge"), int_of(in, "amount"));
         }},
        {"POST release",
         [](World& w, Api&, const Json& in) {
             return w.release(wanted(in, "charge"), bool_of(in, "expired"));
         }},
        {"POST links",
         [](World& w, Api&, const Json& in) {
             return w.switch_link(wanted(in, "link"), bool_of(in, "active"));
         }},
        {"POST charges",
         [](World& w, Api&, const Json& in) {
             return Json{{"charges", w.add_charges(wanted(in, "account"), in)}};
         }},
        {"POST refund",
         [](World& w, Api&, const Json& in) { return w.refund(text_of(in, "account"), in); }},
        {"POST refund/update",
         [](World& w, Api&, const Json& in) {
             return w.update_refund(wanted(in, "refund"), wanted(in, "status"));
         }},
        {"POST dispute",
         [](World& w, Api&, const Json& in) { return w.open_dispute(wanted(in, "charge"), in); }},
        {"POST dispute/update",
         [](World& w, Api&, const Json& in) {
             return w.update_dispute(wanted(in, "dispute"), wanted(in, "status"));
         }},
        {"POST payout",
         [](World& w, Api&, const Json& in) { return w.make_payout(wanted(in, "account"), in); }},
        {"POST payouts/daily",
         [](World& w, Api&, const Json& in) {
             w.pay_out_daily(wanted(in, "account"), bool_of(in, "on", true));
             return in;
         }},
        {"POST application_fees/refund",
         [](World& w, Api&, const Json& in) {
             return refund_application_fee(w, wanted(in, "fee"), int_of(in, "amount"));
         }},
        {"POST payout/update",
         [](World& w, Api&, const Json& in) {
             return w.update_payout(wanted(in, "payout"), wanted(in, "status"),
                                    text_of(in, "failure_code", "account_closed"));
         }},
        {"POST review",
         [](World& w, Api&, const Json& in) {
             w.set_review_seconds(int_of(in, "seconds"));
             return Json{{"seconds", int_of(in, "seconds")}};
         }},
        {"POST faults",
         [](World&, Api& a, const Json& in) {
             return Json{{"id", a.faults().add(Fault::from_json(in))}};
         }},
        {"POST events", [](World& w, Api&, const Json& in) { return set_event_faults(w, in); }},
        {"POST keys", [](World&, Api& a, const Json& in) { return a.keys().set(in); }},
        {"POST rate_limit",
         [](World&, Api& a, const Json& in) {
             a.rate_limit().set(int_of(in, "all"), int_of(in, "endpoint"));
             a.rate_limit().set_concurrency(int_of(in, "concurrency"));
             return in;
         }},
        {"GET state", [](World& w, Api&, const Json&) { return w.counts(); }},
        {"GET accounts", [](World& w, Api&, const Json&) { return list_accounts(w); }},
        {"GET links", [](World& w, Api&, const Json&) { return list_links(w); }},
        {"GET faults", [](World&, Api& a, const Json&) { return a.faults().list(); }},
        {"DELETE faults",
         [](World&, Api& a, const Json&) {
             a.faults().clear();
             return Json::object();
         }},
        {"DELETE requests", [](World&, Api& a, const Json&) {
             a.log().clear();
             return Json::object();
         }}};
    return kCommands;
}

Json run(World& world, Api& api, const Call& call) {
    auto guard = world.lock();
    world.run_due();
    Json in = Json::parse(call.body.empty() ? "{}" : call.body, nullptr, false);
    if (!in.is_object()) {
        throw invalid_request("The body must be a JSON object.");
    }
    std::string name = call.path.substr(std::string("/_sim/").size());
    if (call.method == "GET" && name == "requests") {
        return list_requests(api, parse_form(call.query));
    }
    auto found = commands().find(call.method + " " + name);
    if (found != commands().end()) {
        return found->second(world, api, in);
    }
    if (call.method == "POST" && name.starts_with("accounts/")) {
        return account_script(world, name.substr(9), in);
    }
    if (call.method == "DELETE" && name.starts_with("faults/")) {
        api.faults().remove(std::stoll("0" + name.substr(7)));
        return Json::object();
    }
    throw unknown_path(call.method, call.path);
}

}  // namespace

std::vector<std::string> script_names() {
    // The calls that `run` handles in addition.
    std::vector<std::string> names{"GET /_sim/requests", "POST /_sim/accounts/{}",
                                   "DELETE /_sim/faults/{}"};
    for (const auto& [name, command] : commands()) {
        std::string method = name.substr(0, name.find(' '));
        names.push_back(method + " /_sim/" + name.substr(method.size() + 1));
    }
    return names;
}

Answer script(World& world, Api& api, const Call& call) {
    Answer answer;
    try {
        answer.body = dump(run(world, api, call));
    } catch (const ApiError& error) {
        answer.status = error.status();
        answer.body = error.body();
    }
    return answer;
}

}  // namespace stripe_sim
