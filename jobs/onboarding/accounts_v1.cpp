// SPDX-License-Identifier: MIT
#include "jobs/frame/context.hpp"
#include "jobs/onboarding/accounts_api.hpp"
#include "jobs/stripe/account.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <ctime>

namespace paysync::onboarding {

namespace {

class AccountsV1 final : public AccountsApi {
public:
    std::string accounts_path() const override { return "/v1/accounts"; }
    std::string links_path() const override { return "/v1/account_links"; }
    std::int64_t idempotency_key_lifetime() const noexcept override {
        return stripe::kKeyLifeSeconds;
    }
    bool answers_with_account() const noexcept override { return true; }

    std::string account_body(const store::Command& command,
                             const Settings& settings) const override {
        const bool full = settings.dashboard == "full";
        const bool none = settings.dashboard == "none";
        stripe::Form form;
        form.add("country", country_for(command, settings));
        if (!command.email.empty())
            form.add("email", command.email);
        form.add("controller[stripe_dashboard][type]", settings.dashboard);
        form.add("controller[fees][payer]", full ? "account" : "application");
        form.add("controller[losses][payments]", full ? "stripe" : "application");
        form.add("controller[requirement_collection]", none ? "application" : "stripe");
        form.add("capabilities[card_payments][requested]", true);
        form.add("capabilities[transfers][requested]", true);
        form.add("business_profile[name]", command.company_name);
        form.add("metadata[company]", command.company);
        form.add("metadata[command_id]", command.command_id);
        return form.encoded();
    }

    std::string link_body(const std::string& account_id, const Settings& settings) const override {
        stripe::Form form;
        form.add("account", account_id);
        form.add("type", "account_onboarding");
        form.add("refresh_url", settings.refresh_url);
        form.add("return_url", settings.return_url);
        return form.encoded();
    }

    Task<stripe::Reply> post(Context& context, stripe::StoredCall call,
                             std::stop_token stop) const override {
        co_return co_await context.stripe.post(call.path, call.account, call.key, call.body,
                                               stripe::Priority::interactive, stop);
    }

    Task<std::string> find_created_account(Context& context, std::string command_id,
                                           std::int64_t age_seconds,
                                           std::stop_token stop) const override {
        stripe::PagedList::Query query;
        query.path = accounts_path();
        query.filter.add("created[gte]", std::time(nullptr) - age_seconds - 3600);
        stripe::PagedList list(context.stripe, query, stripe::Priority::interactive, stop);
        while (const auto fetched = co_await list.next()) {
            const auto page = stripe::parse_accounts(fetched->reply.body);
            for (const auto& account : page.items) {
                const auto id = account.metadata.find("command_id");
                if (id != account.metadata.end() && id->second == command_id)
                    co_return account.id;
            }
        }
        co_return std::string();
    }

    std::string account_id(std::string_view body) const override {
        return stripe::parse_account(body).id;
    }
    stripe::AccountLink account_link(std::string_view body) const override {
        return stripe::parse_account_link(body);
    }
};

}  // namespace

const AccountsApi& accounts_v1() {
    static const AccountsV1 api;
    return api;
}

}  // namespace paysync::onboarding
