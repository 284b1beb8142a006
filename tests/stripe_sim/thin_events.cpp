// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/thin_events.hpp"

#include "tests/stripe_sim/accounts_v2.hpp"
#include "tests/stripe_sim/wire_v2.hpp"
#include "tests/stripe_sim/world.hpp"

#include <map>

namespace stripe_sim {

void emit_thin(World& world, Account& account, const std::string& type, const Json& data) {
    Record record;
    record.id = world.ids().next("evt_6");
    record.created = world.now();
    record.fields = {{"type", type}, {"object_id", account.id}};
    Json request = world.request_json();
    Json reason;
    if (request["id"].is_string()) {
        reason = {{"type", "request"}, {"request", request}};
    }
    // Not documented: the context of events about accounts, so it is left out.
    Json event = {{"id", record.id}, {"object", "v2.core.event"}};
    event["created"] = rfc3339(record.created);
    event["livemode"] = world.options().livemode;
    event["reason"] = reason;
    event["type"] = type;
    event["related_object"] = {{"id", account.id},
                               {"type", "v2.core.account"},
                               {"url", "/v2/core/accounts/" + account.id}};
    if (!data.is_null()) {
        event["data"] = data;
    }
    record.text = to_text(event);
    world.platform().thin_events.add(std::move(record));
}

void emit_changes(World& world, Account& account, const Json& old, const Json& now) {
    auto differ = [&](std::initializer_list<const char*> names) {
        bool out = false;
        for (const char* name : names) {
            out = out || member(old, name) != member(now, name);
        }
        return out;
    };
    if (differ({"email", "metadata"})) {
        emit_thin(world, account, "v2.core.account.updated");
    }
    if (differ({"business_type", "country"})) {
        emit_thin(world, account, "v2.core.account[identity].updated");
    }
    if (differ({"default_currency"})) {
        emit_thin(world, account, "v2.core.account[defaults].updated");
    }
    if (differ({"settings"})) {
        emit_thin(world, account, "v2.core.account[configuration.merchant].updated");
    }
    if (differ({"requirements"})) {
        emit_thin(world, account, "v2.core.account[requirements].updated");
    }
    if (differ({"future_requirements"})) {
        emit_thin(world, account, "v2.core.account[future_requirements].updated");
    }
    auto status = [](const Json& object, const std::string& name) {
        return text_of(object["capabilities"], name.c_str());
    };
    for (const auto& [name, present] : now["capabilities"].items()) {
        if (status(old, name) != present) {
            CapabilityName v2 = v2_capability(name);
            emit_thin(
                world, account,
                "v2.core.account[configuration." + v2.configuration + "].capability_status_updated",
                {{"updated_capability", v2.name}});
        }
    }
    if (differ({"payouts_enabled"})) {
        emit_thin(world, account,
                  "v2.core.account[configuration.merchant].capability_status_updated",
                  {{"updated_capability", "stripe_balance.payouts"}});
    }
}

}  // namespace stripe_sim
