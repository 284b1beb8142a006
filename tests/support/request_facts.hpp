// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/world.hpp"
#include "tests/support/request_model.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace paysync::test {

/// A payment link at Stripe that names a request.
struct LinkFacts {
    std::string link_id;
    std::string account_id;
    /// Whether a payer who opens it can pay.
    bool payable = false;
    /// What it asks for.
    std::int64_t amount = 0;
};

/// All that Stripe's stand-in has about payment requests, by request id, whatever the daemon has
/// read of it.
struct StripeFacts {
    std::map<std::string, std::vector<ChargeFacts>> charges;
    std::map<std::string, std::vector<LinkFacts>> links;

    StripeFacts(stripe_sim::World& world, const std::vector<std::string>& accounts);

private:
    void read(stripe_sim::World& world, stripe_sim::Account& account);
};

}  // namespace paysync::test
