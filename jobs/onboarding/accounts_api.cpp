// SPDX-License-Identifier: MIT
#include "jobs/onboarding/accounts_api.hpp"

namespace paysync::onboarding {

const AccountsApi& accounts_api(const Settings& settings) {
    return settings.accounts_api == "v2" ? accounts_v2() : accounts_v1();
}

const AccountsApi& accounts_api(const stripe::StoredCall& call) {
    return call.path.starts_with("/v2/") ? accounts_v2() : accounts_v1();
}

std::string country_for(const store::Command& command, const Settings& settings) {
    if (!command.country.empty())
        return command.country;
    return command.default_country.empty() ? settings.country : command.default_country;
}

}  // namespace paysync::onboarding
