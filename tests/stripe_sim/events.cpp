// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

/// At most this many seconds earlier or later.
int64_t shuffled(int64_t seconds, Ids& ids) {
    if (seconds <= 0) {
        return 0;
    }
    auto span = static_cast<double>(2 * seconds + 1);
    return static_cast<int64_t>(ids.chance("event.shuffle") * span) - seconds;
}

}  // namespace

void World::set_event_faults(const EventFaults& faults) {
    auto guard = lock();
    event_faults_ = faults;
}

void World::emit(Account& account, const std::string& type, const std::string& object,
                 const Json& previous) {
    Record record;
    record.id = ids_.next("evt_1");
    record.created = now();
    int64_t late_ms = visibility_delay_ms_;
    if (type.starts_with(event_faults_.type)) {
        if (event_faults_.omit > 0 && ids_.chance("event.omit") < event_faults_.omit) {
            return;
        }
        record.created += shuffled(event_faults_.shuffle, ids_);
        late_ms = std::max(late_ms, event_faults_.late_ms);
    }
    record.visible_ms = late_ms > 0 ? now_ms() + late_ms : 0;
    Json head = {{"id", record.id}, {"object", "event"}};
    if (&account != platform_) {
        head["account"] = account.id;
    }
    head["api_version"] = "2026-10-28.endive";
    head["created"] = record.created;
    Json tail = {{"livemode", options_.livemode}, {"pending_webhooks", 0}};
    tail["request"] = request_json();
    tail["type"] = type;
    std::string text = dump(head);
    text.pop_back();
    text += ",\"data\":{\"object\":" + object;
    if (!previous.is_null()) {
        text += ",\"previous_attributes\":" + dump(previous);
    }
    text += "}," + dump(tail).substr(1);
    record.text = std::make_shared<const std::string>(std::move(text));
    record.fields.emplace_back("type", type);
    account.events.add(std::move(record));
}

}  // namespace stripe_sim
