// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/generated_accounts.hpp"

#include "tests/stripe_sim/ids.hpp"
#include "tests/stripe_sim/world.hpp"

#include <cstring>

namespace stripe_sim {
namespace {

constexpr int64_t kAccountSampleTime = 1'234'567'891;
constexpr int64_t kDueSeconds = 14 * 24 * 3600;
constexpr size_t kAccountIdSize = 16;
constexpr const char* kAccountSampleNumber = "samplenumber";
constexpr uint64_t kAccountKey = 0xacc0;

/// There are 62^5 tags: the account's number times a factor, modulo 62^5.
constexpr uint64_t kTags = 916'132'832;
constexpr uint64_t kFactor = 387'420'489;
/// Euler's function of kTags, less one: the exponent that inverts a factor.
constexpr uint64_t kInverse = 443'290'080 - 1;

/// The script for an onboarded account that brings it to the stage; null = it stays new.
std::map<std::string, Json> stage_patches(int64_t deadline) {
    Json more = Json::array({"individual.verification.document"});
    return {
        {"incomplete", nullptr},
        {"enabled", Json::object()},
        {"enabled_due_soon",
         {{"requirements",
           {{"currently_due", more}, {"eventually_due", more}, {"current_deadline", deadline}}}}},
        {"action_required",
         {{"charges_enabled", false},
          {"payouts_enabled", false},
          {"requirements",
           {{"currently_due", more},
            {"eventually_due", more},
            {"past_due", more},
            {"disabled_reason", "requirements.past_due"}}}}},
        {"in_review",
         {{"charges_enabled", false},
          {"payouts_enabled", false},
          {"requirements",
           {{"pending_verification", more},
            {"disabled_reason", "requirements.pending_verification"}}}}},
        {"restricted", {{"payouts_enabled", false}}},
        {"paused",
         {{"charges_enabled", false},
          {"payouts_enabled", false},
          {"requirements", {{"disabled_reason", "platform_paused"}}}}},
        {"rejected",
         {{"charges_enabled", false},
          {"payouts_enabled", false},
          {"requirements", {{"disabled_reason", "rejected.other"}}}}},
    };
}

RecordTemplate sample_account(const Options& options, const AccountShape& shape, const Json& patch,
                              std::string& currency) {
    Options sample_options = options;
    sample_options.start_time = kAccountSampleTime;
    sample_options.stopped_clock = true;
    World world(sample_options);
    std::string name = kAccountSampleNumber;
    Json made = world.create_account({{"country", shape.country},
                                      {"email", "owner." + name + "@example.com"},
                                      {"business_profile", {{"name", "Shop " + name}}},
                                      {"metadata", {{"company", "company_" + name}}}});
    std::string id = text_of(made, "id");
    currency = text_of(made, "default_currency");
    if (!patch.is_null()) {
        world.complete_onboarding(id);
    }
    if (patch.is_object() && !patch.empty()) {
        world.set_account(id, patch);
    }
    Sample sample;
    sample.created = kAccountSampleTime;
    sample.texts = {{id.substr(id.size() - kAccountIdSize), Slot::kAccountId},
                    {kAccountSampleNumber, Slot::kNumber}};
    return {*world.account_objects().find(id), sample};
}

ChargeShape creation(const AccountShape& shape) {
    ChargeShape out;
    out.count = shape.count;
    out.from = shape.from;
    out.to = shape.to;
    return out;
}

}  // namespace

std::string generated_stages() {
    std::string out;
    for (const auto& [name, patch] : stage_patches(0)) {
        out += (out.empty() ? "" : ", ") + name;
    }
    return out;
}

AccountShape AccountShape::from_json(const Json& json, int64_t now) {
    AccountShape shape;
    Json times = json;
    times["charges"] = 0;
    ChargeShape span = ChargeShape::from_json(times, now);
    shape.from = span.from;
    shape.to = span.to;
    shape.count = int_of(json, "accounts");
    if (shape.count < 1 || shape.count > kMost) {
        throw parameter_invalid("parameter_invalid_integer", "accounts",
                                "Must be an integer from 1 to " + std::to_string(kMost) + ".");
    }
    shape.country = stripe_sim::text_of(json, "country", shape.country);
    double total = 0;
    Json stages = member(json, "stages");
    for (const auto& [name, share] : stages.items()) {
        if (!stage_patches(0).contains(name)) {
            throw parameter_invalid("", "stages[" + name + "]",
                                    "Unknown stage; there are " + generated_stages() + ".");
        }
        double part = share.is_number() ? share.get<double>() : -1;
        if (!(part >= 0 && part <= 1)) {
            throw parameter_invalid("", "stages[" + name + "]", "Must be a share between 0 and 1.");
        }
        shape.stages[name] = part;
        total += part;
    }
    if (total > 1.000001) {
        throw parameter_invalid("", "stages", "The shares add up to more than 1.");
    }
    return shape;
}

GeneratedAccounts::GeneratedAccounts(const Options& options, const Clock& clock,
                                     const AccountShape& shape, uint64_t first)
    : GeneratedSource(clock),
      count_(static_cast<uint64_t>(shape.count)),
      first_(first),
      ids_(mix(mix(options.seed) ^ kAccountKey)),
      plan_(creation(shape), mix(ids_.key() + first)),
      country_(shape.country) {
    uint64_t below = 0;
    auto add = [&](const std::string& name, double share) {
        Json patch = stage_patches(shape.to + kDueSeconds).at(name);
        below += static_cast<uint64_t>(share * static_cast<double>(UINT32_MAX));
        stages_.push_back(std::make_unique<Stage>(
            Stage{name, below, sample_account(options, shape, patch, currency_)}));
        templates_.push_back(&stages_.back()->form);
    };
    for (const auto& [name, share] : shape.stages) {
        add(name, share);
    }
    // The rest of the shares is enabled.
    add("enabled", 1);
}

size_t GeneratedAccounts::stage_of(uint64_t position) const {
    uint64_t drawn = mix(~ids_.key() ^ (first_ + position)) >> 32;
    size_t stage = 0;
    while (stage + 1 < stages_.size() && drawn >= stages_[stage]->below) {
        ++stage;
    }
    return stage;
}

std::map<std::string, int64_t> GeneratedAccounts::count_by_stage() const {
    std::map<std::string, int64_t> out;
    for (uint64_t i = 0; i < count_; ++i) {
        ++out[stages_[stage_of(i)]->name];
    }
    return out;
}

const RecordTemplate& GeneratedAccounts::template_of(uint64_t position) const {
    return stages_[stage_of(position)]->form;
}

void GeneratedAccounts::fill(uint64_t position, uint32_t, SlotValues& values) const {
    SlotValues::Value& id = values[Slot::kAccountId];
    ids_.write_number(first_ + position, id.text.data());
    ids_.write_check(first_ + position, 0, kAccountIdSize - GeneratedIds::kNumberDigits,
                     id.text.data() + GeneratedIds::kNumberDigits);
    id.size = kAccountIdSize;
    values[Slot::kNumber].set(static_cast<int64_t>(first_ + position));
}

std::optional<uint64_t> GeneratedAccounts::decode(Slot slot, std::string_view text) const {
    if (slot != Slot::kAccountId || text.size() != kAccountIdSize) {
        return std::nullopt;
    }
    auto number = ids_.read_number(text.substr(0, GeneratedIds::kNumberDigits));
    if (!number || *number < first_ || *number >= first_ + count_) {
        return std::nullopt;
    }
    SlotValues exact;
    fill(*number - first_, 0, exact);
    return text == exact[Slot::kAccountId].view() ? std::optional<uint64_t>(*number - first_)
                                                  : std::nullopt;
}

std::string GeneratedAccounts::id(uint64_t position) const {
    return record(position, false).id;
}

std::string account_tag(uint64_t number) {
    char digits[GeneratedIds::kTagDigits + 1];
    write_base62(number % kTags * kFactor % kTags, sizeof(digits), digits);
    return {digits + 1, GeneratedIds::kTagDigits};
}

std::optional<uint64_t> tagged_account(std::string_view tag) {
    auto value = read_base62(tag);
    if (tag.size() != GeneratedIds::kTagDigits || !value) {
        return std::nullopt;
    }
    uint64_t number = *value;
    uint64_t power = kFactor;
    for (uint64_t left = kInverse; left > 0; left /= 2) {
        number = left % 2 == 1 ? number * power % kTags : number;
        power = power * power % kTags;
    }
    return number;
}

}  // namespace stripe_sim
