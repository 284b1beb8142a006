// SPDX-License-Identifier: MIT
#include "daemon/base/metrics/registry.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>

namespace paysync::metrics {

namespace {

const prometheus::Histogram::BucketBoundaries kDurationBounds{0.01, 0.1, 1, 10, 60, 600, 3600};
constexpr const char* kOutcomes[] = {"ok", "partial", "error"};

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

struct Registry::Families {
    prometheus::Registry fixed;
    std::unique_ptr<prometheus::Registry> looked_up = std::make_unique<prometheus::Registry>();

    prometheus::Family<prometheus::Counter>& passes =
        prometheus::BuildCounter()
            .Name("paysync_job_passes_total")
            .Help("Passes of a job, by how they ended.")
            .Register(fixed);
    prometheus::Family<prometheus::Counter>& items =
        prometheus::BuildCounter()
            .Name("paysync_job_items_total")
            .Help("Rows, accounts or messages that a job worked on.")
            .Register(fixed);
    prometheus::Family<prometheus::Histogram>& durations =
        prometheus::BuildHistogram()
            .Name("paysync_job_pass_duration_seconds")
            .Help("How long passes of a job took.")
            .Register(fixed);
    prometheus::Family<prometheus::Gauge>& last_success =
        prometheus::BuildGauge()
            .Name("paysync_job_last_success_timestamp_seconds")
            .Help(
                "When a pass of a job last ended without an error; the start of the daemon at "
                "first.")
            .Register(fixed);
    prometheus::Family<prometheus::Gauge>& paused =
        prometheus::BuildGauge()
            .Name("paysync_job_paused")
            .Help("1 while a person has paused the job.")
            .Register(fixed);
    prometheus::Family<prometheus::Gauge>& periods =
        prometheus::BuildGauge()
            .Name("paysync_job_period_seconds")
            .Help("How often a job runs; not there for one that runs at times of day.")
            .Register(fixed);
    prometheus::Gauge& database = prometheus::BuildGauge()
                                      .Name("paysync_database_up")
                                      .Help("1 while PostgreSQL answers.")
                                      .Register(fixed)
                                      .Add({});
    prometheus::Family<prometheus::Gauge>& mail_accounts =
        prometheus::BuildGauge()
            .Name("paysync_mail_account_up")
            .Help("0 while the mails of an account wait because its server takes none.")
            .Register(fixed);
};

Registry::Registry(const std::string& version, const std::vector<std::string>& jobs,
                   const std::vector<std::string>& mail_accounts)
    : families_(std::make_unique<Families>()) {
    prometheus::BuildGauge()
        .Name("paysync_build_info")
        .Help("1; the label says which version runs.")
        .Register(families_->fixed)
        .Add({{"version", version}})
        .Set(1);
    families_->database.Set(1);
    for (const auto& job : jobs) {
        for (const auto* outcome : kOutcomes)
            families_->passes.Add({{"duty", job}, {"outcome", outcome}});
        for (const auto* result : {"done", "failed"})
            families_->items.Add({{"duty", job}, {"result", result}});
        families_->durations.Add({{"duty", job}}, kDurationBounds);
        families_->last_success.Add({{"duty", job}}).Set(now());
        families_->paused.Add({{"duty", job}});
    }
    for (const auto& account : mail_accounts)
        families_->mail_accounts.Add({{"account", account}}).Set(1);
}

Registry::~Registry() = default;

void Registry::pass(const std::string& job, const std::string& outcome, double seconds, int done,
                    int failed) {
    families_->passes.Add({{"duty", job}, {"outcome", outcome}}).Increment();
    families_->items.Add({{"duty", job}, {"result", "done"}}).Increment(done);
    families_->items.Add({{"duty", job}, {"result", "failed"}}).Increment(failed);
    families_->durations.Add({{"duty", job}}, kDurationBounds).Observe(seconds);
    if (outcome != "error")
        families_->last_success.Add({{"duty", job}}).Set(now());
}

void Registry::paused(const std::string& job, bool paused) {
    families_->paused.Add({{"duty", job}}).Set(paused ? 1 : 0);
}

void Registry::period(const std::string& job, double seconds) {
    families_->periods.Add({{"duty", job}}).Set(seconds);
}

void Registry::database(bool up) {
    families_->database.Set(up ? 1 : 0);
}

void Registry::mail_account(const std::string& account, bool up) {
    families_->mail_accounts.Add({{"account", account}}).Set(up ? 1 : 0);
}

void Registry::set(const std::string& name, const std::string& help, double value) {
    prometheus::BuildGauge()
        .Name(name)
        .Help(help)
        .Register(*families_->looked_up)
        .Add({})
        .Set(value);
}

void Registry::forget_looked_up() {
    families_->looked_up = std::make_unique<prometheus::Registry>();
}

std::string Registry::text() const {
    auto metrics = families_->fixed.Collect();
    for (auto& family : families_->looked_up->Collect())
        metrics.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(metrics);
}

}  // namespace paysync::metrics
