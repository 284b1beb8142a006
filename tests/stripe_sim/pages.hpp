// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

/// Answers the pages for browsers: `/onboard/{token}`, `/pay/{link}`, `/oauth/authorize` and
/// `/express/dashboard/{token}`.
Answer page(World& world, const Options& options, const Call& call);

/// The text, escaped for use between tags and in attributes.
std::string html_escape(const std::string& text);
Answer html_answer(int status, const std::string& title, const std::string& body);
Answer redirect_answer(const std::string& url);

Answer pay_page(World& world, const Call& call, const std::string& link);
Answer onboarding_page(World& world, const Call& call, const std::string& token);
Answer express_page(World& world, const std::string& token);
Answer authorize_page(World& world, const Options& options, const Call& call);

}  // namespace stripe_sim
