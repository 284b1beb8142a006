// SPDX-License-Identifier: MIT
#include "jobs/frame/context.hpp"
#include "jobs/onboarding/accounts_api.hpp"
#include "jobs/stripe/account_v2.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/json_text.hpp"

#include <fmt/format.h>

namespace paysync::onboarding {

namespace {

using stripe::json_text;

/// v2 forgets idempotency keys after 30 days.
constexpr std::int64_t kKeyLifetimeV2 = 29 * 86400;

class AccountsV2 final : public AccountsApi {
public:
    std::string accounts_path() const override { return "/v2/core/accounts"; }
    std::string links_path() const override { return "/v2/core/account_links"; }
    std::int64_t idempotency_key_lifetime() const noexcept override { return kKeyLifetimeV2; }
    bool answers_with_account() const noexcept override { return false; }

    std::string account_body(const store::Command& command,
                             const Settings& settings) const override {
        const char* bearer = settings.dashboard == "full" ? "stripe" : "application";
        const std::string email =
            command.email.empty() ? "" : "\"contact_email\":" + json_text(command.email) + ",";
        return fmt::format(
            R"({{{}"display_name":{},"dashboard":{},"identity":{{"country":{}}},)"
            R"("defaults":{{"responsibilities":{{"fees_collector":"{}","losses_collector":"{}"}}}},)"
            R"("configuration":{{"merchant":{{"capabilities":{{"card_payments":{{"requested":true}}}}}},)"
            R"("recipient":{{"capabilities":{{"stripe_balance":{{"stripe_transfers":{{"requested":true}}}}}}}}}},)"
            R"("metadata":{{"company":{},"command_id":{}}}}})",
            email, json_text(command.company_name), json_text(settings.dashboard),
            json_text(country_for(command, settings)), bearer, bearer, json_text(command.company),
            json_text(command.command_id));
    }

    std::string link_body(const std::string& account_id, const Settings& settings) const override {
        return fmt::format(R"({{"account":{},"use_case":{{"type":"account_onboarding",)"
                           R"("account_onboarding":{{"refresh_url":{},"return_url":{}}}}}}})",
                           json_text(account_id), json_text(settings.refresh_url),
                           json_text(settings.return_url));
    }

    Task<stripe::Reply> post(Context& context, stripe::StoredCall call,
                             std::stop_token stop) const override {
        co_return co_await context.stripe.post_json(call.path, call.account, call.key, call.body,
                                                    stripe::Priority::interactive, stop);
    }

    // This list has no filter for times and no documented order, so all of it is read.
    Task<std::string> find_created_account(Context& context, std::string command_id, std::int64_t,
                                           std::stop_token stop) const override {
        std::string path = accounts_path() + "?applied_configurations[0]=merchant&closed=false";
        while (!path.empty()) {
            const auto reply =
                co_await context.stripe.get(path, "", stripe::Priority::interactive, stop);
            const auto page = stripe::parse_accounts_v2(reply.body);
            for (const auto& account : page.items) {
                const auto id = account.metadata.find("command_id");
                if (id != account.metadata.end() && id->second == command_id)
                    co_return account.id;
            }
            path = page.next;
        }
        co_return std::string();
    }

    std::string account_id(std::string_view body) const override {
        return stripe::parse_account_v2(body).id;
    }
    stripe::AccountLink account_link(std::string_view body) const override {
        return stripe::parse_account_link_v2(body);
    }
};

}  // namespace

const AccountsApi& accounts_v2() {
    static const AccountsV2 api;
    return api;
}

}  // namespace paysync::onboarding
