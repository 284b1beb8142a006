// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <string>

namespace paysync::test {

/// Expects that the statement returns no row that breaks the rule.
inline void expect_none(const Scenario& world, const std::string& trace, const std::string& rule,
                        const std::string& violations) {
    EXPECT_EQ(world.sql("SELECT coalesce(string_agg(v::text, ' ; '), 'none') FROM (" + violations +
                        ") v"),
              "none")
        << rule << " " << trace;
}

/// Checks the rules of the onboarding tables that hold at every moment.
inline void expect_onboarding_rules(const Scenario& world, const std::string& trace = "") {
    expect_none(world, trace, "the stage is a function of the observation", R"sql(
        SELECT account_id, stage, rule_stage FROM pay_private.integration_rule
         WHERE (stage, stage_detail, blocker) IS DISTINCT FROM (rule_stage, rule_detail, rule_blocker))sql");
    expect_none(world, trace, "the log of stages is an unbroken chain that ends at the stage",
                R"sql(
        SELECT e.account_id, e.seq, e.from_stage, e.prev_to
          FROM (SELECT *, lag(to_stage) OVER w AS prev_to, lag(seq) OVER w AS prev_seq
                  FROM pay_private.stage_event WINDOW w AS (PARTITION BY account_id ORDER BY seq)) e
         WHERE e.from_stage IS DISTINCT FROM e.prev_to OR e.seq <> coalesce(e.prev_seq, 0) + 1
            OR e.from_stage = e.to_stage
        UNION ALL
        SELECT i.account_id, NULL, i.stage, l.to_stage FROM pay_private.integration i
          LEFT JOIN LATERAL (SELECT to_stage FROM pay_private.stage_event e
                              WHERE e.account_id = i.account_id ORDER BY seq DESC LIMIT 1) l ON true
         WHERE i.stage IS DISTINCT FROM l.to_stage)sql");
    expect_none(world, trace, "a disconnected account is quiet", R"sql(
        SELECT i.account_id, 'coverage', c.read_at FROM pay_private.integration i
          JOIN pay_private.coverage c USING (account_id)
         WHERE i.stage = 'disconnected' AND c.read_at > i.disconnected_at
        UNION ALL
        SELECT i.account_id, 'wanted link', l.created_at FROM pay_private.integration i
          JOIN pay_private.payment_link l USING (account_id)
         WHERE i.stage = 'disconnected' AND l.wanted_active
        UNION ALL
        SELECT i.account_id, 'mail', t.started_at FROM pay_private.integration i
          JOIN pay.payment_request r USING (account_id)
          JOIN pay_private.delivery d USING (request_id)
          JOIN pay_private.delivery_attempt t USING (delivery_id)
         WHERE i.stage = 'disconnected' AND t.started_at > i.disconnected_at)sql");
}

}  // namespace paysync::test
