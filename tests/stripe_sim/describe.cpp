// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/describe.hpp"

#include "tests/stripe_sim/account_script.hpp"
#include "tests/stripe_sim/api.hpp"
#include "tests/stripe_sim/script.hpp"

namespace stripe_sim {

Json describe() {
    const Options options;
    World world(options);
    std::vector<std::string> calls = Api(world, options).router().names();
    calls.insert(calls.end(), {"POST /oauth/token", "POST /oauth/deauthorize"});
    return {{"call", calls},
            {"script", script_names()},
            {"action", account_actions()},
            {"page", {"/onboard/{}", "/pay/{}", "/oauth/authorize", "/express/dashboard/{}"}},
            {"fault", Fault::kinds()}};
}

}  // namespace stripe_sim
