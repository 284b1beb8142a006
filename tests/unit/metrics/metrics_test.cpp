// SPDX-License-Identifier: MIT
#include "daemon/base/metrics/registry.hpp"
#include "daemon/base/metrics/server.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <stdexcept>

namespace paysync::metrics {
namespace {

bool has(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsRegistry, HasAllItsSeriesFromTheStart) {
    const Registry registry("1.2", {"onboarding.sweep"}, {"default"});
    const auto text = registry.text();
    EXPECT_TRUE(has(text, R"(paysync_build_info{version="1.2"} 1)")) << text;
    EXPECT_TRUE(has(text, R"(paysync_job_passes_total{duty="onboarding.sweep",outcome="error"} 0)"))
        << text;
    EXPECT_TRUE(has(text, R"(paysync_job_pass_duration_seconds_count{duty="onboarding.sweep"} 0)"))
        << text;
    EXPECT_TRUE(has(text, R"(paysync_mail_account_up{account="default"} 1)")) << text;
    EXPECT_TRUE(has(text, "paysync_database_up 1")) << text;
    EXPECT_TRUE(has(text, "# TYPE paysync_job_passes_total counter")) << text;
}

TEST(MetricsRegistry, CountsPasses) {
    Registry registry("1", {"job"}, {});
    registry.record_pass("job", "ok", 0.05, 3, 0);
    registry.record_pass("job", "partial", 5, 2, 1);
    registry.record_pass("job", "error", 0.001, 0, 0);
    registry.set_paused("job", true);
    registry.set_period("job", 2.5);
    registry.set_database_up(false);
    const auto text = registry.text();
    EXPECT_TRUE(has(text, R"(paysync_job_passes_total{duty="job",outcome="ok"} 1)")) << text;
    EXPECT_TRUE(has(text, R"(paysync_job_passes_total{duty="job",outcome="error"} 1)")) << text;
    EXPECT_TRUE(has(text, R"(paysync_job_items_total{duty="job",result="done"} 5)")) << text;
    EXPECT_TRUE(has(text, R"(paysync_job_items_total{duty="job",result="failed"} 1)")) << text;
    EXPECT_TRUE(has(text, R"(paysync_job_pass_duration_seconds_bucket{duty="job",le="0.1"} 2)"))
        << text;
    EXPECT_TRUE(has(text, R"(paysync_job_paused{duty="job"} 1)")) << text;
    EXPECT_TRUE(has(text, R"(paysync_job_period_seconds{duty="job"} 2.5)")) << text;
    EXPECT_TRUE(has(text, "paysync_database_up 0")) << text;
}

TEST(MetricsRegistry, RemovesGaugesThatCouldNotBeRead) {
    Registry registry("1", {}, {});
    registry.set_gauge("paysync_mails_due", "Mails.", 7);
    registry.set_gauge("paysync_mails_due", "Mails.", 8);
    EXPECT_TRUE(has(registry.text(), "paysync_mails_due 8")) << registry.text();
    registry.remove_gauges();
    EXPECT_EQ(registry.text().find("paysync_mails_due"), std::string::npos);
}

TEST(MetricsServer, ServesItsPagesAndNothingElse) {
    Server server("127.0.0.1", 0, [](const std::string& path) {
        Page page;
        page.status = path == "/readyz" ? 503 : 200;
        page.body = "this is " + path;
        return page;
    });
    httplib::Client client("127.0.0.1", server.port());
    EXPECT_EQ(client.Get("/metrics")->body, "this is /metrics");
    EXPECT_EQ(client.Get("/readyz")->status, 503);
    EXPECT_EQ(client.Get("/")->status, 404);
    EXPECT_EQ(client.Get("/metrics/../etc/passwd")->status, 404);
    EXPECT_EQ(client.Post("/metrics", "x", "text/plain")->status, 413)
        << "a request body is refused";
}

TEST(MetricsServer, ReportsAnAddressInUse) {
    const auto nothing = [](const std::string&) { return Page(); };
    const Server first("127.0.0.1", 0, nothing);
    try {
        Server second("127.0.0.1", first.port(), nothing);
        ADD_FAILURE() << "two servers on one port";
    } catch (const std::runtime_error& e) {
        EXPECT_EQ(std::string(e.what()),
                  "metrics.listen: cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                      "; is the address in use?");
    }
}

}  // namespace
}  // namespace paysync::metrics
