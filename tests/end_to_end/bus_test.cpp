// SPDX-License-Identifier: MIT
// The daemon on D-Bus, on a real message bus with the installed policy.
#include "tests/support/message_bus.hpp"
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

namespace paysync::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kName = "net.clientpoint.PaySync1";
constexpr const char* kPath = "/net/clientpoint/PaySync1";
constexpr const char* kManager = "net.clientpoint.PaySync1.Manager";
constexpr const char* kSweepPath = "/net/clientpoint/PaySync1/job/onboarding_2esweep";
constexpr const char* kJob = "net.clientpoint.PaySync1.Job";

class Bus : public testing::Test {
protected:
    Bus() { world_.configure_bus(bus_.address()); }

    void start() {
        world_.start();
        world_.wait_for_log("D-Bus: connected as");
        world_.wait_for_log(" runs ");
    }
    std::pair<int, std::string> call(const char* path, const char* interface, const char* method,
                                     std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(), {"call", kName, path, interface, method});
        return bus_.busctl(arguments);
    }
    std::string property(const char* path, const char* interface, const char* name) {
        return bus_.busctl({"get-property", kName, path, interface, name}).second;
    }
    void write(const std::string& text) { std::ofstream(world_.config_path()) << text; }
    std::string configuration() const {
        std::ifstream file(world_.config_path());
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    MessageBus bus_;
    Scenario world_;
};

using Reload = Bus;

TEST_F(Reload, AppliesAChangedFileAtOnce) {
    start();
    world_.connect_company("bakery");
    world_.configure_onboarding("schedules: { sweep: { cron: '0 3 * * *' } }");
    world_.configure_log("info");
    world_.configure_stripe("allow_unrestricted_key: true");
    world_.write_config();
    const auto [code, words] = world_.ctl({"reload"});
    EXPECT_EQ(code, 0) << words << world_.log();
    EXPECT_NE(property(kSweepPath, kJob, "Schedule").find("0 3 * * *"), std::string::npos);
    EXPECT_EQ(world_.ctl({"log-level"}).second, "info\n");
    // Work that waited for the old engine is done by the new one.
    const auto request = world_.request("bakery", "client@example.com");
    world_.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                    request + "')");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Reload, KeepsTheOldConfigurationIfTheNewOneIsBad) {
    start();
    world_.connect_company("bakery");
    const auto good = configuration();
    const auto refused = [this](const std::string& text, int expected, const std::string& words) {
        write(text);
        const auto [code, out] = world_.ctl({"reload"});
        EXPECT_EQ(code, expected) << out;
        EXPECT_NE(out.find(words), std::string::npos) << out;
    };
    refused(good + "surprise: 1\n", 78, "surprise");
    refused(good + "metrics: { listen: '127.0.0.1:1x' }\n", 78, "metrics.listen");
    auto elsewhere = good;
    elsewhere.replace(elsewhere.find("5432"), 4, "5431");
    refused(elsewhere, 69, "does not answer");
    auto unreadable = good;
    unreadable.replace(unreadable.find("stripe-key"), 10, "no-such-key");
    refused(unreadable, 78, "no-such-key");
    EXPECT_NE(world_.log().find("the previous configuration stays in use"), std::string::npos);

    write(good);
    const auto request = world_.request("bakery", "client@example.com");
    world_.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                    request + "')");
    EXPECT_EQ(world_.ctl({"reload"}).first, 0) << world_.log();
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Reload, IsTriggeredBySighup) {
    start();
    world_.configure_log("warning");
    world_.write_config();
    world_.daemon().signal(SIGHUP);
    world_.wait_until("taken up", [&] { return world_.ctl({"log-level"}).second == "warning\n"; });
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Reload, LosesAndRepeatsNoWork) {
    constexpr int kRequests = 60;
    start();
    world_.connect_company("bakery");
    std::vector<std::string> requests;
    for (int i = 0; i < kRequests; ++i)
        requests.push_back(world_.request("bakery", fmt::format("client{}@example.com", i)));
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(world_.ctl({"reload"}).first, 0);
    world_.wait_for("NOT EXISTS (SELECT FROM pay.payment_requests WHERE delivery <> 'sent')");
    for (const auto& request : requests)
        EXPECT_EQ(world_.mails_of(request).count, 1U) << request;
    EXPECT_EQ(world_.stop(), 0);
    const auto log = world_.log();
    EXPECT_EQ(log.find("could not be renewed"), std::string::npos) << log;
}

TEST_F(Bus, JobsAreObjectsThatCanBeRunPausedAndResumed) {
    start();
    const auto tree = bus_.busctl({"tree", kName}).second;
    EXPECT_NE(tree.find("onboarding_2esweep"), std::string::npos) << tree;
    world_.wait_until("ready", [&] { return property(kPath, kManager, "Ready") == "b true\n"; });
    EXPECT_NE(property(kPath, kManager, "StatusText").find("running "), std::string::npos);
    EXPECT_EQ(property(kSweepPath, kJob, "Name"), "s \"onboarding.sweep\"\n");

    EXPECT_EQ(call(kPath, kManager, "PauseJob", {"ss", "onboarding.sweep", "a test"}).second,
              "b true\n");
    world_.wait_until("paused", [&] { return property(kSweepPath, kJob, "Paused") == "b true\n"; });
    EXPECT_NE(world_.sql("SELECT pause_reason FROM pay.jobs WHERE job = 'onboarding.sweep'")
                  .find("a test (over D-Bus, uid "),
              std::string::npos);
    EXPECT_EQ(call(kSweepPath, kJob, "Run").first, 0);
    world_.wait_for("EXISTS (SELECT FROM pay.runs WHERE cause = 'asked' AND state = 'ok')");
    EXPECT_EQ(call(kSweepPath, kJob, "Resume").second, "b true\n");
    EXPECT_EQ(call(kPath, kManager, "ResumeJob", {"s", "onboarding.sweep"}).second, "b false\n");

    const auto [code, words] = call(kPath, kManager, "RunJob", {"s", "cleaning"});
    EXPECT_NE(code, 0);
    EXPECT_NE(words.find("no job \"cleaning\""), std::string::npos) << words;
    EXPECT_NE(call(kPath, kManager, "RunJob", {"u", "7"}).first, 0) << "of another type";
    EXPECT_NE(call("/net/clientpoint/PaySync1/job/cleaning", kJob, "Run").first, 0);
    const auto live = world_.ctl({"live"});
    EXPECT_EQ(live.first, 0) << live.second;
    EXPECT_NE(live.second.find("onboarding.sweep"), std::string::npos) << live.second;
    const auto budget = world_.ctl({"budget"});
    EXPECT_EQ(budget.first, 0) << budget.second;
    EXPECT_NE(budget.second.find("1000.0"), std::string::npos) << budget.second;
    world_.sql(
        "INSERT INTO pay_private.daemon (daemon, version, alive_until) VALUES ('another', '1', "
        "now() + interval '1 hour')");
    EXPECT_EQ(world_.ctl({"reload"}).first, 0);
    world_.wait_until("a share", [&] {
        return world_.ctl({"budget"}).second.find("500.0") != std::string::npos ||
               world_.ctl({"budget"}).second.find("333.3") != std::string::npos;
    });
    EXPECT_EQ(world_.stop(), 0);
}

/// Another client on the bus; it has its own thread once it serves.
class Peer {
public:
    explicit Peer(const std::string& address) {
        sd_bus_new(&bus_);
        sd_bus_set_address(bus_, address.c_str());
        sd_bus_set_bus_client(bus_, 1);
        if (sd_bus_start(bus_) < 0)
            throw std::runtime_error("no connection to the bus");
    }
    ~Peer() {
        done_ = true;
        thread_.join();
        sd_bus_flush_close_unref(bus_);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    sd_bus* bus() const { return bus_; }
    /// `ready` is the result of the sd-bus calls before.
    void serve(int ready) {
        if (ready < 0)
            throw std::runtime_error("the bus refused it");
        thread_ = std::thread([this] {
            while (!done_)
                if (sd_bus_process(bus_, nullptr) == 0)
                    sd_bus_wait(bus_, 20'000);
        });
    }

private:
    sd_bus* bus_ = nullptr;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

/// Counts signals while the test does something else.
class Listener {
public:
    Listener(const std::string& address, const std::string& rule) : peer_(address) {
        const auto heard = [](sd_bus_message*, void* self, sd_bus_error*) {
            ++static_cast<Listener*>(self)->heard_;
            return 0;
        };
        peer_.serve(sd_bus_add_match(peer_.bus(), nullptr, rule.c_str(), heard, this));
    }
    int heard() const { return heard_; }

private:
    std::atomic<int> heard_{0};
    Peer peer_;
};

TEST_F(Bus, ChangesAreSentAsSignals) {
    start();
    const Listener changes(bus_.address(),
                           fmt::format("type='signal',interface='org.freedesktop.DBus.Properties',"
                                       "path='{}'",
                                       kSweepPath));
    const Listener ends(bus_.address(),
                        fmt::format("type='signal',interface='{}',member='Finished'", kJob));
    world_.wait_until("heard", [&] { return changes.heard() > 0 && ends.heard() > 0; });
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Bus, AnUnprivilegedUserMayReadAndChangeNothing) {
    if (::getuid() != 0)
        GTEST_SKIP() << "only root can be somebody else";
    start();
    const auto nobody = [this](std::vector<std::string> arguments) {
        return bus_.busctl_as_nobody(std::move(arguments));
    };
    EXPECT_EQ(nobody({"get-property", kName, kPath, kManager, "Ready"}).first, 0);
    EXPECT_EQ(nobody({"call", kName, kPath, kManager, "Status"}).first, 0);
    for (const auto& method : std::vector<std::vector<std::string>>{
             {kPath, kManager, "Reload"},
             {kPath, kManager, "RunJob", "s", "onboarding.sweep"},
             {kPath, kManager, "PauseJob", "ss", "onboarding.sweep", ""},
             {kSweepPath, kJob, "Run"}}) {
        std::vector<std::string> arguments{"call", kName};
        arguments.insert(arguments.end(), method.begin(), method.end());
        const auto [code, words] = nobody(arguments);
        EXPECT_NE(code, 0) << method[2];
        EXPECT_NE(words.find("Access denied"), std::string::npos) << words;
    }
    EXPECT_NE(nobody({"set-property", kName, "/org/freedesktop/LogControl1",
                      "org.freedesktop.LogControl1", "LogLevel", "s", "debug"})
                  .first,
              0);
    const auto copy = bus_.folder() / "paysync.yaml";
    std::filesystem::copy_file(world_.config_path(), copy);
    std::filesystem::permissions(copy, std::filesystem::perms(0644));
    EXPECT_EQ(bus_.as_nobody({PAYSYNCCTL, "--config", copy.string(), "reload"}).first, 77);
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.job WHERE paused_at IS NOT NULL"), "0");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay.runs WHERE cause = 'asked'"), "0");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Bus, TheLogLevelCanBeSetThroughLogControl1) {
    world_.configure_log("info");
    start();
    const std::vector<std::string> level = {kName, "/org/freedesktop/LogControl1",
                                            "org.freedesktop.LogControl1", "LogLevel"};
    const auto set = [&](const std::string& word) {
        return bus_.busctl({"set-property", level[0], level[1], level[2], level[3], "s", word});
    };
    EXPECT_EQ(property("/org/freedesktop/LogControl1", "org.freedesktop.LogControl1", "LogTarget"),
              "s \"console\"\n");
    EXPECT_EQ(set("err").first, 0);
    EXPECT_EQ(world_.ctl({"log-level"}).second, "err\n");
    EXPECT_NE(set("loud").first, 0);
    EXPECT_EQ(world_.ctl({"log-level", "debug"}).second, "debug\n");
    EXPECT_EQ(world_.ctl({"log-level", "loud"}).first, 64);
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Bus, TheDaemonWorksWithoutTheBusAndReconnects) {
    start();
    world_.connect_company("bakery");
    bus_.kill();
    world_.wait_for_log("D-Bus: not available");
    const auto request = world_.request("bakery", "client@example.com");
    world_.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                    request + "')");
    EXPECT_EQ(world_.ctl({"live"}).first, 69);
    bus_.start();
    world_.wait_until("controlled again", [&] { return world_.ctl({"live"}).first == 0; });
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Bus, ATakenNameIsLoggedAndWaitedFor) {
    start();
    Scenario second;
    second.configure_bus(bus_.address());
    second.start();
    second.wait_for_log("belongs to another process");
    EXPECT_EQ(world_.stop(), 0);
    world_.wait_until("the second one has it", [&] { return second.ctl({"live"}).first == 0; });
    EXPECT_EQ(second.stop(), 0);
}

/// A fake polkit that allows one action to everybody.
class FakePolkit {
public:
    FakePolkit(const std::string& address, std::string allowed)
        : allowed_(std::move(allowed)), peer_(address) {
        sd_bus_add_object(peer_.bus(), nullptr, "/org/freedesktop/PolicyKit1/Authority",
                          &FakePolkit::answer, this);
        peer_.serve(sd_bus_request_name(peer_.bus(), "org.freedesktop.PolicyKit1", 0));
    }

private:
    static int answer(sd_bus_message* call, void* self, sd_bus_error*) {
        const char* kind = nullptr;
        const char* key = nullptr;
        const char* sender = nullptr;
        const char* action = nullptr;
        if (sd_bus_message_read(call, "(sa{sv})s", &kind, 1, &key, "s", &sender, &action) < 0)
            return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS, "unreadable");
        const bool yes = std::string(kind) == "system-bus-name" && std::string(key) == "name" &&
                         static_cast<FakePolkit*>(self)->allowed_ == action;
        return sd_bus_reply_method_return(call, "(bba{ss})", static_cast<int>(yes), 0, 0);
    }

    std::string allowed_;
    Peer peer_;
};

TEST_F(Bus, PolkitCanAllowASingleAction) {
    if (::getuid() != 0)
        GTEST_SKIP() << "only root can be somebody else";
    start();
    const FakePolkit polkit(bus_.address(), "net.clientpoint.PaySync1.reload");
    const auto reload = bus_.busctl_as_nobody({"call", kName, kPath, kManager, "Reload"});
    EXPECT_EQ(reload.first, 0) << reload.second;
    const auto run =
        bus_.busctl_as_nobody({"call", kName, kPath, kManager, "RunJob", "s", "onboarding.sweep"});
    EXPECT_NE(run.first, 0);
    EXPECT_NE(run.second.find("Access denied"), std::string::npos) << run.second;
    EXPECT_EQ(world_.stop(), 0);
}

}  // namespace
}  // namespace paysync::test
