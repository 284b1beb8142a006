// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/charge_plan.hpp"
#include "tests/stripe_sim/charge_templates.hpp"
#include "tests/stripe_sim/generated_ids.hpp"
#include "tests/stripe_sim/generated_source.hpp"
#include "tests/stripe_sim/options.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stripe_sim {

/// The names of the stages of generated accounts.
std::string generated_stages();

/// The properties of generated accounts, as a script describes them.
struct AccountShape {
    static constexpr int64_t kMost = 10'000'000;

    int64_t count = 0;
    int64_t from = 0;
    int64_t to = 0;
    std::string country = "US";
    /// The share of each stage.
    std::map<std::string, double> stages;

    /// Reads `accounts`, `from`, `to`, `country`, `stages`. Throws ApiError.
    static AccountShape from_json(const Json& json, int64_t now);
};

/// Computed connected accounts.
class GeneratedAccounts : public GeneratedSource {
public:
    /// `first` is the number of the first one among all computed accounts of the world.
    GeneratedAccounts(const Options& options, const Clock& clock, const AccountShape& shape,
                      uint64_t first);

    uint64_t size() const override { return count_; }
    uint64_t count() const override { return count_; }
    bool exists(uint64_t) const override { return true; }
    int64_t created(uint64_t position) const override { return plan_.created(position); }
    Numbers numbers(uint64_t) const override { return {}; }

    uint64_t first() const { return first_; }
    std::string id(uint64_t position) const;
    const std::string& country() const { return country_; }
    const std::string& currency() const { return currency_; }
    std::map<std::string, int64_t> count_by_stage() const;

    /// The charges of each of these accounts; none by default.
    ChargeShape charges;
    std::shared_ptr<const ChargeTemplates> charge_templates;

protected:
    const std::vector<const RecordTemplate*>& templates() const override { return templates_; }
    const RecordTemplate& template_of(uint64_t position) const override;
    void fill(uint64_t position, uint32_t slots, SlotValues& values) const override;
    std::optional<uint64_t> decode(Slot slot, std::string_view text) const override;

private:
    struct Stage {
        std::string name;
        /// Random numbers below this belong to the stage, unless they belong to an earlier one.
        uint64_t below;
        RecordTemplate form;
    };

    size_t stage_of(uint64_t position) const;

    uint64_t count_;
    uint64_t first_;
    GeneratedIds ids_;
    ChargePlan plan_;
    std::string country_;
    std::string currency_;
    std::vector<std::unique_ptr<Stage>> stages_;
    std::vector<const RecordTemplate*> templates_;
};

/// The five letters in the ids of a computed account's objects, and back.
std::string account_tag(uint64_t number);
std::optional<uint64_t> tagged_account(std::string_view tag);

}  // namespace stripe_sim
