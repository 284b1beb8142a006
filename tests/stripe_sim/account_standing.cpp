// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_standing.hpp"

#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/thin_events.hpp"
#include "tests/stripe_sim/world.hpp"

#include <set>

namespace stripe_sim {
namespace {

Json hold(World& world, const std::string& id, const std::string& reason, bool charges,
          bool payouts) {
    AccountState& state = world.account(id).state;
    state.hold = reason;
    state.charges_off = !charges;
    state.payouts_off = !payouts;
    return world.save_account(id, [&](Json& object) { settle(object, state); });
}

}  // namespace

Json reject_account(World& world, const std::string& id, const Json& params) {
    auto guard = world.lock();
    world.run_due();
    Json present = world.account_json(id);
    if (text_of(present["controller"]["losses"], "payments") != "application") {
        throw invalid_request("You can only reject accounts whose losses your platform bears.");
    }
    if (world.options().livemode) {
        check_empty(world.account(id), "You cannot reject an account with a non-zero balance.");
    }
    std::string reason = text_of(params, "reason");
    std::string kind = reason.starts_with("fraud")    ? "platform_fraud"
                       : reason == "terms_of_service" ? "platform_terms_of_service"
                                                      : "platform_other";
    bool paying = text_of(params, "payouts_action") == "none";
    return hold(world, id, "rejected." + kind, false, paying);
}

Json unreject_account(World& world, const std::string& id) {
    auto guard = world.lock();
    world.run_due();
    if (!world.account(id).state.hold.starts_with("rejected.platform_")) {
        throw invalid_request("This account was not rejected by your platform.");
    }
    return hold(world, id, "", true, true);
}

void restrict_account(World& world, const std::string& id, const std::string& disabled_reason,
                      bool charges, bool payouts) {
    static const std::set<std::string> kReasons = {"action_required.requested_capabilities",
                                                   "under_review",
                                                   "listed",
                                                   "platform_paused",
                                                   "other",
                                                   "rejected.fraud",
                                                   "rejected.incomplete_verification",
                                                   "rejected.listed",
                                                   "rejected.other",
                                                   "rejected.terms_of_service",
                                                   "rejected.platform_fraud",
                                                   "rejected.platform_other",
                                                   "rejected.platform_terms_of_service"};
    if (!kReasons.contains(disabled_reason)) {
        throw parameter_invalid("", "reason",
                                "'" + disabled_reason +
                                    "' is no disabled_reason that holds an account; those of "
                                    "requirements follow from `require`.");
    }
    hold(world, id, disabled_reason, charges, payouts);
}

void lift_restriction(World& world, const std::string& id) {
    hold(world, id, "", true, true);
}

void close_account(World& world, const std::string& id) {
    Account& account = world.account(id);
    emit_thin(world, account, "v2.core.account.closed");
    account.state.closed = account.deleted = true;
}

void check_empty(const Account& account, const std::string& message) {
    for (const auto& [currency, balance] : account.balances) {
        if (balance.available != 0 || balance.pending != 0) {
            throw invalid_request(message);
        }
    }
}

void World::deauthorize(const std::string& id) {
    auto guard = lock();
    run_due();
    Account& gone = account(id);
    Json application = {
        {"id", options_.client_id}, {"object", "application"}, {"name", "Platform"}};
    emit(gone, "account.application.deauthorized", dump(application));
    gone.connected = false;
}

void World::reconnect(const std::string& id, const std::string& scope) {
    auto guard = lock();
    Account& back = account(id);
    back.connected = true;
    back.state.scope = scope;
    Json application = {
        {"id", options_.client_id}, {"object", "application"}, {"name", "Platform"}};
    emit(back, "account.application.authorized", dump(application));
}

}  // namespace stripe_sim
