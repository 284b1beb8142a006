// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

#include <string>

namespace paysync::onboarding {

/// The job `onboarding.diagnosis`: finds out whether the platform has really lost access to a
/// suspected account, and disconnects the account if so.
///
/// One refusal proves nothing: a wrong key, a missing permission or a fault at Stripe look the
/// same. The job disconnects an account only if all of this holds:
/// 1. a control call shows that the platform's key works and has the mode of `stripe.livemode`;
/// 2. two endpoints refuse the account: GET /v1/accounts/{id}, and GET /v1/balance as the account;
/// 3. they do so twice, at least `confirm_after` apart;
/// 4. the fuse has not blown, that is, not too many accounts are suspects at once.
///
/// An account that answers is cleared. If the two endpoints contradict each other, the account
/// stays a suspect and is read again later.
class DiagnosisJob final : public Job {
public:
    explicit DiagnosisJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.diagnosis"; }
    std::chrono::milliseconds every() const override;
    Task<void> run(Context& context) override;

private:
    Task<void> check_key(Context& context);
    Task<void> check_account(Context& context, std::string account_id);
    Task<void> disconnect_confirmed(Context& context);

    Settings settings_;
};

}  // namespace paysync::onboarding
