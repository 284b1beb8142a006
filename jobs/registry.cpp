// SPDX-License-Identifier: MIT
#include "jobs/registry.hpp"

#include "jobs/onboarding/active_onboarding_job.hpp"
#include "jobs/onboarding/commands_job.hpp"
#include "jobs/onboarding/diagnosis_job.hpp"
#include "jobs/onboarding/sweep_job.hpp"
#include "jobs/onboarding/warnings_job.hpp"
#include "jobs/payment_requests/bounces_job.hpp"
#include "jobs/payment_requests/links_job.hpp"
#include "jobs/payment_requests/refunds_job.hpp"
#include "jobs/payment_requests/send_job.hpp"
#include "jobs/payment_requests/upkeep_job.hpp"
#include "jobs/reconciliation/audit_job.hpp"
#include "jobs/reconciliation/read_job.hpp"
#include "jobs/reconciliation/verify_job.hpp"

namespace paysync {

namespace {

using Jobs = std::vector<std::unique_ptr<Job>>;

void make_onboarding(Jobs& jobs, const config::Config& config, const config::Job& section) {
    auto settings =
        onboarding::settings_from(section.section, section.every, config.stripe.livemode,
                                  config.stripe.client_id.value_or(""));
    settings.connect_base = config.stripe.connect_base;
    settings.accounts_api = config.stripe.accounts_api;
    jobs.push_back(std::make_unique<onboarding::CommandsJob>(settings));
    jobs.push_back(std::make_unique<onboarding::ActiveOnboardingJob>(settings));
    jobs.push_back(std::make_unique<onboarding::SweepJob>(settings));
    jobs.push_back(std::make_unique<onboarding::DiagnosisJob>(settings));
    jobs.push_back(std::make_unique<onboarding::WarningsJob>(settings));
}

void make_payment_requests(Jobs& jobs, const config::Config& config, const config::Job& section) {
    auto settings = payment_requests::settings_from(section.section, section.every);
    settings.deployment.max_message_size = config.mail.max_message_size;
    jobs.push_back(std::make_unique<payment_requests::UpkeepJob>(settings));
    jobs.push_back(std::make_unique<payment_requests::SendJob>(
        settings, payment_requests::sender_profile_from(config.mail)));
    jobs.push_back(std::make_unique<payment_requests::LinksJob>(settings));
    jobs.push_back(std::make_unique<payment_requests::RefundsJob>(settings));
    if (const auto& maildir = config.mail.bounces)
        jobs.push_back(
            std::make_unique<payment_requests::BouncesJob>(*maildir, config.mail.bounces_every));
}

void make_reconciliation(Jobs& jobs, const config::Config&, const config::Job& section) {
    const auto settings = reconciliation::settings_from(section.section, section.every);
    jobs.push_back(std::make_unique<reconciliation::ReadJob>(settings));
    jobs.push_back(std::make_unique<reconciliation::VerifyJob>(settings));
    jobs.push_back(std::make_unique<reconciliation::AuditJob>(settings));
}

}  // namespace

Jobs make_jobs(const config::Config& config) {
    Jobs jobs;
    const std::pair<const char*, void (*)(Jobs&, const config::Config&, const config::Job&)>
        makers[] = {
            {"onboarding", &make_onboarding},
            {"payment_requests", &make_payment_requests},
            {"reconciliation", &make_reconciliation},
        };
    for (const auto& [name, make] : makers) {
        const auto& section = config.job(name);
        Jobs made;
        make(made, config, section);  // a disabled job's keys are checked too
        if (section.enabled)
            std::move(made.begin(), made.end(), std::back_inserter(jobs));
    }
    return jobs;
}

}  // namespace paysync
