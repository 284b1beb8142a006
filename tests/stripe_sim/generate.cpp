// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/charge_templates.hpp"
#include "tests/stripe_sim/generated_charges.hpp"
#include "tests/stripe_sim/world.hpp"

#include <set>

namespace stripe_sim {
namespace {

/// Unchanged computed accounts that are kept in memory.
constexpr size_t kVisited = 256;
constexpr uint64_t kChargeKey = 0xc4a6;

void check_names(const Json& params) {
    static const std::set<std::string> kNames = {
        "accounts", "account", "country",  "stages",     "charges",    "from",        "to",
        "refunded", "failed",  "disputed", "amount_min", "amount_max", "description", "metadata"};
    for (const auto& [name, value] : params.items()) {
        if (!kNames.contains(name)) {
            throw parameter_unknown(name);
        }
    }
}

uint64_t key_of(uint64_t seed, const std::string& account, uint64_t batch) {
    uint64_t key = mix(seed ^ kChargeKey);
    for (char c : account) {
        key = mix(key ^ static_cast<unsigned char>(c));
    }
    return mix(key ^ batch);
}

Numbers read_numbers(const Record& record) {
    Json object = record.json();
    Numbers out;
    out.currency = text_of(object, "currency");
    out.count = 1;
    out.amount = int_of(object, "amount");
    out.fee = int_of(object, "fee");
    out.net = int_of(object, "net", out.amount);
    out.refunded = int_of(object, "amount_refunded");
    out.failed = text_of(object, "status") == "failed" ? 1 : 0;
    return out;
}

Json sums_json(const Collection& collection, const TimeRange& range,
               const std::vector<std::pair<const char*, int64_t Numbers::*>>& members) {
    Json out = Json::object();
    for (const auto& [currency, numbers] : collection.sums(range, read_numbers)) {
        for (const auto& [name, number] : members) {
            out[currency][name] = numbers.*number;
        }
    }
    return out;
}

}  // namespace

Json World::generate(const Json& params) {
    auto guard = lock();
    run_due();
    check_names(params);
    if (params.contains("accounts")) {
        return generate_accounts(params);
    }
    if (params.contains("charges")) {
        return generate_charges(params);
    }
    throw parameter_missing("accounts");
}

std::shared_ptr<const ChargeTemplates> World::charge_templates(const std::string& country,
                                                               const std::string& currency,
                                                               bool platform, const Json& params) {
    ChargeTemplates::Seller seller;
    seller.platform = platform;
    seller.country = country;
    seller.currency = currency;
    seller.public_url = public_url();
    seller.description = member(params, "description");
    seller.metadata = params.value("metadata", Json::object());
    return std::make_shared<const ChargeTemplates>(options_, seller);
}

Json World::generate_accounts(const Json& params) {
    AccountShape shape = AccountShape::from_json(params, now());
    auto made = std::make_shared<GeneratedAccounts>(options_, clock_, shape, generated_accounts_);
    made->charges = ChargeShape::from_json(params, now());
    if (made->charges.count > 0) {
        made->charge_templates = charge_templates(made->country(), made->currency(), false, params);
    }
    generated_accounts_ += made->size();
    generated_.push_back(made);
    account_objects_.add_source(made);
    return {{"accounts", made->size()},
            {"first", made->id(0)},
            {"last", made->id(made->size() - 1)},
            {"from", shape.from},
            {"to", shape.to},
            {"stages", made->count_by_stage()},
            {"charges", made->charges.count}};
}

Json World::generate_charges(const Json& params) {
    ChargeShape shape = ChargeShape::from_json(params, now());
    if (shape.count < 1) {
        throw parameter_invalid("parameter_invalid_integer", "charges", "Must be at least 1.");
    }
    std::string id = text_of(params, "account");
    if (id.empty()) {
        id = text_of(create_account({{"country", text_of(params, "country", "US")}}), "id");
        complete_onboarding(id);
    }
    Account& seller = account(id);
    Json object = account_json(id);
    auto forms = charge_templates(text_of(object, "country"), text_of(object, "default_currency"),
                                  &seller == platform_, params);
    uint64_t key = key_of(options_.seed, id, ++generated_batches_);
    std::string tag = account_tag(key);
    for (const auto& batch : generated_) {
        if (auto position = batch->find(id)) {
            tag = account_tag(batch->first() + *position);
        }
    }
    GeneratedCharges::attach(
        std::make_shared<const GeneratedCharges>(shape, key, tag, id, std::move(forms), clock_),
        seller);
    seller.kept = true;
    return {{"account", id}, {"charges", shape.count}, {"from", shape.from}, {"to", shape.to}};
}

Account* World::make_generated(const std::string& id) {
    for (const auto& batch : generated_) {
        auto position = batch->find(id);
        if (!position) {
            continue;
        }
        Account& made = make_account(id);
        if (batch->charges.count > 0) {
            GeneratedCharges::attach(
                std::make_shared<const GeneratedCharges>(
                    batch->charges, key_of(options_.seed, id, 0),
                    account_tag(batch->first() + *position), id, batch->charge_templates, clock_),
                made);
        }
        visited_.push_back(id);
        return &made;
    }
    return nullptr;
}

void World::forget_pristine() {
    for (size_t left = visited_.size(); left > 0 && visited_.size() > kVisited; --left) {
        std::string id = std::move(visited_.front());
        visited_.pop_front();
        auto found = accounts_.find(id);
        if (!found->second->pristine()) {
            continue;
        }
        if (found->second.use_count() > 1) {
            visited_.push_back(std::move(id));
        } else {
            accounts_.erase(found);
        }
    }
}

std::shared_ptr<Account> World::hold(const std::string& id) {
    auto guard = lock();
    forget_pristine();
    return access(id) == nullptr ? nullptr : accounts_.at(id);
}

bool World::accessible(const std::string& id) {
    auto guard = lock();
    auto found = accounts_.find(id);
    if (found != accounts_.end()) {
        return found->second->connected && !found->second->deleted;
    }
    return account_objects_.contains(id);
}

Account* World::generated_owner(const std::string& object) {
    auto number = tagged_account(GeneratedCharges::tag_of(object));
    for (const auto& batch : generated_) {
        if (number && *number >= batch->first() && *number < batch->first() + batch->size()) {
            return &account(batch->id(*number - batch->first()));
        }
    }
    return nullptr;
}

Json World::sums(const std::string& account, const TimeRange& created) {
    auto guard = lock();
    run_due();
    const Account& of = this->account(account);
    return {{"account", account},
            {"charges", sums_json(of.charges, created,
                                  {{"count", &Numbers::count},
                                   {"amount", &Numbers::amount},
                                   {"refunded", &Numbers::refunded},
                                   {"failed", &Numbers::failed}})},
            {"refunds", sums_json(of.refunds, created,
                                  {{"count", &Numbers::count}, {"amount", &Numbers::amount}})},
            {"disputes", sums_json(of.disputes, created,
                                   {{"count", &Numbers::count}, {"amount", &Numbers::amount}})},
            {"balance_transactions", sums_json(of.transactions, created,
                                               {{"count", &Numbers::count},
                                                {"amount", &Numbers::amount},
                                                {"fee", &Numbers::fee},
                                                {"net", &Numbers::net}})}};
}

}  // namespace stripe_sim
