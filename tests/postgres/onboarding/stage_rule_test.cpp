// SPDX-License-Identifier: MIT
#include "jobs/onboarding/stage.hpp"
#include "tests/support/store_test.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::onboarding {
namespace {

class StageRule : public test::StoreTest {};

/// All inputs of a stage: eleven booleans, and Stripe's reason, known, unknown or none.
TEST_F(StageRule, SqlAndDaemonAgreeOnEveryCombination) {
    pqxx::work tx(connection_);
    const auto rows = tx.exec(R"sql(
        SELECT bits, reason, r.stage, r.detail, r.blocker
          FROM generate_series(0, 2047) bits
         CROSS JOIN unnest(ARRAY[NULL, '', 'requirements.past_due', 'requirements.pending_verification',
               'action_required.requested_capabilities', 'under_review', 'listed', 'platform_paused', 'other',
               'rejected.fraud', 'rejected.incomplete_verification', 'rejected.listed', 'rejected.other',
               'rejected.terms_of_service', 'rejected.platform_fraud', 'rejected.platform_other',
               'rejected.platform_terms_of_service', 'rejected', 'fields_needed', 'of_the_future']) reason
         CROSS JOIN LATERAL pay_private.stage_rule(
               bits & 1 > 0, bits & 2 > 0, bits & 4 > 0, bits & 8 > 0, bits & 16 > 0, bits & 32 > 0, bits & 64 > 0,
               bits & 128 > 0, reason, bits & 256 > 0, bits & 512 > 0, bits & 1024 > 0) r)sql");
    EXPECT_EQ(rows.size(), 2048U * 20U);
    for (const auto& row : rows) {
        const int bits = row["bits"].as<int>();
        const auto is = [&](int bit) { return (bits & bit) != 0; };
        StageInputs inputs;
        inputs.details_submitted = is(1);
        inputs.charges_enabled = is(2);
        inputs.payouts_enabled = is(4);
        inputs.currently_due = is(8);
        inputs.past_due = is(16);
        inputs.pending_verification = is(32);
        inputs.errors = is(64);
        inputs.due_soon = is(128);
        inputs.disabled_reason = row["reason"].is_null() ? "" : row["reason"].as<std::string>();
        inputs.access_revoked = is(256);
        inputs.ever_completed = is(512);
        inputs.flow_open = is(1024);
        const auto derived = derive_stage(inputs);
        ASSERT_EQ(row["stage"].as<std::string>() + " " + row["detail"].as<std::string>() + " " +
                      row["blocker"].as<std::string>(),
                  std::string(to_string(derived.stage)) + " " + derived.detail + " " +
                      to_string(derived.blocker))
            << "bits " << bits << ", reason " << inputs.disabled_reason;
    }
}

}  // namespace
}  // namespace paysync::onboarding
