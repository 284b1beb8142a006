// SPDX-License-Identifier: MIT
// The daemon's metrics, and the alerts and the dashboard that use them.
#include "tests/support/scenario.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <thread>

namespace paysync::test {
namespace {

using namespace std::chrono_literals;

/// A port that is free now.
int free_port() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, size) != 0 || ::getsockname(listener, generic, &size) != 0)
        throw std::runtime_error("no free port");
    ::close(listener);
    return ::ntohs(address.sin_port);
}

std::string contents(const std::string& name) {
    std::ifstream file(std::string(PAYSYNC_SOURCE_DIR) + "/" + name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::set<std::string> names_in(const std::string& text, const std::string& pattern) {
    std::set<std::string> names;
    const std::regex name(pattern);
    for (auto match = std::sregex_iterator(text.begin(), text.end(), name);
         match != std::sregex_iterator(); ++match)
        names.insert(match->str(1));
    return names;
}

class MetricsEndToEnd : public testing::Test {
protected:
    MetricsEndToEnd() {
        // The last section of the file can be continued with another one.
        world_.configure_reconciliation(
            fmt::format("every: 500ms\nmetrics: {{ listen: '127.0.0.1:{}' }}", port_));
        client_.set_read_timeout(20s);
    }

    int status(const std::string& path) {
        const auto answer = client_.Get(path.c_str());
        return answer ? answer->status : 0;
    }
    std::string page(const std::string& path) {
        const auto answer = client_.Get(path.c_str());
        return answer ? answer->body : "";
    }

    Scenario world_;
    int port_ = free_port();
    httplib::Client client_{"127.0.0.1", port_};
};

TEST_F(MetricsEndToEnd, ProbesReportAliveReadyAndHealthy) {
    world_.start();
    world_.wait_until("ready", [&] { return status("/readyz") == 200; });
    EXPECT_EQ(status("/livez"), 200);
    const std::regex ok(
        R"(paysync_job_passes_total\{duty="onboarding.sweep",outcome="ok"\} [1-9])");
    const auto swept = [&] { return std::regex_search(page("/metrics"), ok); };
    world_.wait_until("a sweep is counted", swept);
    const auto health = nlohmann::json::parse(page("/healthz"));
    EXPECT_EQ(health["database"]["up"], true);
    EXPECT_EQ(health["ready"], true);
    EXPECT_EQ(health["mail_accounts"][0]["account"], "default");
    EXPECT_EQ(health["jobs"].size(), 12U);

    // If Stripe is down the daemon is unhealthy, but ready.
    world_.stripe().stop();
    world_.wait_until(
        "unwell", [&] { return nlohmann::json::parse(page("/healthz"))["status"] == "degraded"; });
    EXPECT_EQ(status("/readyz"), 200);

    world_.sql("SELECT pay_private.pause_job('onboarding.sweep')");
    world_.wait_until("the pause shows", [&] {
        return page("/metrics").find("paysync_job_paused{duty=\"onboarding.sweep\"} 1") !=
               std::string::npos;
    });
    EXPECT_EQ(world_.stop(), 0);
    EXPECT_EQ(status("/livez"), 0);
}

TEST_F(MetricsEndToEnd, AlertsAndDashboardUseOnlyMetricsOfTheDaemon) {
    world_.start();
    world_.wait_until("ready", [&] { return status("/readyz") == 200; });
    std::string text;
    // Gauges about rows exist once the database was queried.
    world_.wait_until("looked up", [&] {
        text = page("/metrics");
        return text.find("paysync_mails_due ") != std::string::npos;
    });
    const auto shown = names_in(text, "(?:^|\n)([a-z_]+)[ {]");
    EXPECT_GT(shown.size(), 20U);
    int used = 0;
    for (const auto* file :
         {"systemd/prometheus/paysync.rules.yaml", "systemd/prometheus/dashboard.json"})
        for (const auto& name : names_in(contents(file), R"(\b(paysync_[a-z_]+))")) {
            EXPECT_TRUE(shown.count(name)) << file << " names " << name;
            ++used;
        }
    EXPECT_GT(used, 20);
    // All names follow one convention and have a help text.
    for (const auto& name : shown)
        EXPECT_TRUE(name.starts_with("paysync_")) << name;
    for (const auto& family : names_in(text, "# TYPE ([a-z_]+) "))
        EXPECT_NE(text.find("# HELP " + family + " "), std::string::npos) << family;
    EXPECT_TRUE(nlohmann::json::accept(contents("systemd/prometheus/dashboard.json")));
    EXPECT_EQ(world_.stop(), 0);
}

}  // namespace
}  // namespace paysync::test
