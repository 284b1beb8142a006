// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/world.hpp"

#include "tests/stripe_sim/objects.hpp"

#include <algorithm>

namespace stripe_sim {

World::World(const Options& options)
    : options_(options), clock_(options.start_time, options.stopped_clock), ids_(options.seed) {
    std::string id = ids_.next("acct_1");
    platform_ = &make_account(id);
    Json object = blank_account();
    object["id"] = id;
    object["created"] = now();
    object["email"] = "platform@example.com";
    object["charges_enabled"] = object["payouts_enabled"] = object["details_submitted"] = true;
    object["type"] = "standard";
    object["controller"] = {{"type", "account"}};
    object["business_profile"]["name"] = "Example Platform";
    object["capabilities"] = {{"card_payments", "active"}, {"transfers", "active"}};
    object["requirements"] = object["future_requirements"] = blank_requirements();
    object["settings"]["dashboard"]["display_name"] = "Example Platform";
    add(account_objects_, object);
}

World::Lock World::lock() {
    return Lock(mutex_);
}

int64_t World::now() const {
    return now_ms() / 1000;
}

int64_t World::now_ms() const {
    return acting_at_ > 0 ? acting_at_ * 1000 : clock_.now_ms() + skew_ms_;
}

void World::advance(int64_t seconds) {
    auto guard = lock();
    clock_.advance_ms(seconds * 1000);
    run_due();
}

void World::run_due() {
    auto guard = lock();
    if (acting_at_ > 0) {
        return;
    }
    int64_t until = clock_.now();
    while (!due_.empty() && due_.begin()->first <= until) {
        auto first = due_.extract(due_.begin());
        acting_at_ = first.key();
        try {
            first.mapped()();
        } catch (const ApiError&) {
            // The object that the step was to change is gone or has changed.
        }
        acting_at_ = 0;
    }
}

void World::schedule(int64_t at, std::function<void()> step) {
    auto guard = lock();
    due_.emplace(at, std::move(step));
}

void World::set_public_url(const std::string& url) {
    auto guard = lock();
    public_url_ = options_.public_url.empty() ? url : options_.public_url;
}

std::string World::public_url() {
    auto guard = lock();
    return public_url_;
}

void World::set_visibility_delay(int64_t ms) {
    auto guard = lock();
    visibility_delay_ms_ = ms;
}

void World::set_request(const std::string& id, const std::string& idempotency_key) {
    auto guard = lock();
    request_id_ = id;
    request_key_ = idempotency_key;
}

Json World::request_json() const {
    return {{"id", request_id_.empty() ? Json() : Json(request_id_)},
            {"idempotency_key", request_key_.empty() ? Json() : Json(request_key_)}};
}

void World::set_skew(int64_t seconds) {
    auto guard = lock();
    skew_ms_ = seconds * 1000;
}

void World::end_request() {
    auto guard = lock();
    set_visibility_delay(0);
    set_skew(0);
    set_request("", "");
}

Record& World::add(Collection& collection, Json object,
                   std::vector<std::pair<const char*, std::string>> fields) {
    Record record;
    record.id = object["id"].get<std::string>();
    record.created = int_of(object, "created", now());
    record.visible_ms = visibility_delay_ms_ > 0 ? now_ms() + visibility_delay_ms_ : 0;
    if (object.contains("livemode")) {
        object["livemode"] = options_.livemode;
    }
    record.text = to_text(object);
    record.fields = std::move(fields);
    return collection.add(std::move(record));
}

Json World::change(Record& record, const std::function<void(Json&)>& edit) {
    Json object = record.json();
    edit(object);
    record.text = to_text(object);
    return object;
}

Text World::lookup(Account& account, const std::string& id) {
    auto guard = lock();
    const Collection* places[] = {&account.transactions,    &account.charges,
                                  &account.payment_intents, &account.refunds,
                                  &account.disputes,        &account.payouts,
                                  &account.sessions,        &account.payment_links,
                                  &account.events,          &platform_->application_fees,
                                  &platform_->transfers,    &account_objects_};
    for (const Collection* place : places) {
        if (Text text = place->text(id)) {
            return text;
        }
    }
    return nullptr;
}

Account& World::owner(Collection Account::*kind, const std::string& id, const char* name) {
    for (auto& [account_id, account] : accounts_) {
        if ((account.get()->*kind).contains(id)) {
            return *account;
        }
    }
    Account* computed = generated_owner(id);
    if (computed != nullptr && (computed->*kind).contains(id)) {
        return *computed;
    }
    throw resource_missing(name, id, name);
}

Json World::counts() {
    auto guard = lock();
    Json out = {{"now", now()}, {"accounts", account_objects_.size() - 1}};
    out["accounts_stored"] = account_objects_.stored() - 1;
    auto total = [&](const char* name, Collection Account::*kind) {
        size_t sum = 0;
        for (auto& [id, account] : accounts_) {
            sum += (account.get()->*kind).size();
        }
        out[name] = sum;
    };
    total("payment_links", &Account::payment_links);
    total("checkout_sessions", &Account::sessions);
    total("payment_intents", &Account::payment_intents);
    total("charges", &Account::charges);
    total("refunds", &Account::refunds);
    total("disputes", &Account::disputes);
    total("balance_transactions", &Account::transactions);
    total("payouts", &Account::payouts);
    total("application_fees", &Account::application_fees);
    total("transfers", &Account::transfers);
    total("events", &Account::events);
    total("files", &Account::files);
    return out;
}

}  // namespace stripe_sim
