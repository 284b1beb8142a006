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
    std::unique_ptr<prometheus::Registry> gauges = std::make_unique<prometheus::Registry>();

    prometheus::Family<prometheus::Counter>& passes = prometheus::BuildCounter()
                                                          .Name("paysync_job_passes_total")
                                                          .Help("Passes of a job, by outcome.")
                                                          .Register(fixed);
    prometheus::Family<prometheus::Counter>& items =
        prometheus::BuildCounter()
            .Name("paysync_job_items_total")
            .Help("Rows, accounts or messages that a job processed, by result.")
            .Register(fixed);
    prometheus::Family<prometheus::Histogram>& durations =
        prometheus::BuildHistogram()
            .Name("paysync_job_pass_duration_seconds")
            .Help("Duration of the passes of a job.")
            .Register(fixed);
    prometheus::Family<prometheus::Gauge>& last_success =
        prometheus::BuildGauge()
            .Name("paysync_job_last_success_timestamp_seconds")
            .Help(
                "End of the last pass of a job without an error; initially the start of the "
                "daemon.")
            .Register(fixed);
    prometheus::Family<prometheus::Gauge>& paused =
        prometheus::BuildGauge()
            .Name("paysync_job_paused")
            .Help("1 while the job is paused by an operator.")
            .Register(fixed);
    prometheus::Family<prometheus::Gauge>& periods =
        prometheus::BuildGauge()
            .Name("paysync_job_period_seconds")
            .Help(
                "Interval between passes of a job; absent for a job with a calendar or cron "
                "schedule.")
            .Register(fixed);
    prometheus::Gauge& database = prometheus::BuildGauge()
                                      .Name("paysync_database_up")
                                      .Help("1 while PostgreSQL is available.")
                                      .Register(fixed)
                                      .Add({});
    prometheus::Family<prometheus::Gauge>& mail_accounts =
        prometheus::BuildGauge()
            .Name("paysync_mail_account_up")
            .Help("0 while messages of a mail account wait because its server does not accept any.")
            .Register(fixed);
};

Registry::Registry(const std::string& version, const std::vector<std::string>& jobs,
                   const std::vector<std::string>& mail_accounts)
    : families_(std::make_unique<Families>()) {
    prometheus::BuildGauge()
        .Name("paysync_build_info")
        .Help("Always 1; the label is the running version.")
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

void Registry::record_pass(const std::string& job, const std::string& outcome, double seconds,
                           int done, int failed) {
    families_->passes.Add({{"duty", job}, {"outcome", outcome}}).Increment();
    families_->items.Add({{"duty", job}, {"result", "done"}}).Increment(done);
    families_->items.Add({{"duty", job}, {"result", "failed"}}).Increment(failed);
    families_->durations.Add({{"duty", job}}, kDurationBounds).Observe(seconds);
    if (outcome != "error")
        families_->last_success.Add({{"duty", job}}).Set(now());
}

void Registry::set_paused(const std::string& job, bool paused) {
    families_->paused.Add({{"duty", job}}).Set(paused ? 1 : 0);
}

void Registry::set_period(const std::string& job, double seconds) {
    families_->periods.Add({{"duty", job}}).Set(seconds);
}

void Registry::set_database_up(bool up) {
    families_->database.Set(up ? 1 : 0);
}

void Registry::set_mail_account_up(const std::string& account, bool up) {
    families_->mail_accounts.Add({{"account", account}}).Set(up ? 1 : 0);
}

void Registry::set_gauge(const std::string& name, const std::string& help, double value) {
    prometheus::BuildGauge().Name(name).Help(help).Register(*families_->gauges).Add({}).Set(value);
}

void Registry::remove_gauges() {
    families_->gauges = std::make_unique<prometheus::Registry>();
}

std::string Registry::text() const {
    auto metrics = families_->fixed.Collect();
    for (auto& family : families_->gauges->Collect())
        metrics.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(metrics);
}

}  // namespace paysync::metrics
