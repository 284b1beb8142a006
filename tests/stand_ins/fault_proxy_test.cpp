// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/control.hpp"
#include "tests/fault_proxy/json.hpp"
#include "tests/stand_ins/fault_proxy_fixture.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace fault_proxy {
namespace {

using nlohmann::json;

RawClient connect_to(const std::string& path) {
    const Resolved address = resolve(Address::parse(path));
    const int fd = socket(address.family(), SOCK_STREAM, 0);
    if (connect(fd, address.get(), address.size) != 0) {
        const int error = errno;
        close(fd);
        throw std::system_error(error, std::generic_category(), "connect");
    }
    return RawClient::adopt(fd);
}

TEST_F(FaultProxy, PassesBytesAndTheEndInBothDirections) {
    Ends ends = connect();
    ends.client.send("question");
    EXPECT_EQ(ends.server.read(8), "question");
    ends.client.finish();
    EXPECT_EQ(ends.server.rest(), "");
    const std::string answer(10U << 20U, 'a');
    std::thread sender([&] {
        ends.server.send(answer);
        ends.server.finish();
    });
    EXPECT_EQ(ends.client.rest(), answer);
    EXPECT_FALSE(ends.client.was_reset());
    sender.join();
    ASSERT_TRUE(eventually([&] { return proxy_.counters().open == 0; }));
    const Counters counters = proxy_.counters();
    EXPECT_EQ(counters.accepted, 1U);
    EXPECT_EQ(counters.cut, 0U);
    EXPECT_EQ(counters.bytes_to_target, 8U);
    EXPECT_EQ(counters.bytes_to_client, answer.size());
}

TEST_F(FaultProxy, PassesAReset) {
    Ends ends = connect();
    {
        // Closing with unread bytes sends an RST.
        const RawClient gone = std::move(ends.client);
        ends.server.send("x");
        ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_to_client == 1; }));
    }
    EXPECT_EQ(ends.server.rest(), "");
    EXPECT_TRUE(ends.server.was_reset());
}

TEST_F(FaultProxy, AHalfOpenConnectionIsSilentEvenWhenTheClientIsGone) {
    Ends ends = connect();
    proxy_.set_existing({.to_target = {.swallow = true}, .to_client = {.swallow = true}});
    {
        RawClient gone = std::move(ends.client);
        gone.send("lost");
        ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed == 4; }));
    }
    ends.server.send("also lost");
    ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed == 13; }));
    EXPECT_EQ(proxy_.counters().open, 1U);
    EXPECT_EQ(proxy_.counters().bytes_to_target, 0U);
    proxy_.cut_all();
    EXPECT_EQ(ends.server.rest(), "");
}

TEST_F(FaultProxy, RefusesNewConnectionsAndAcceptsThemAgainOnTheSamePort) {
    Ends ends = connect();
    const std::uint16_t port = proxy_.port();
    for (int i = 0; i < 3; ++i) {
        proxy_.refuse(true);
        try {
            RawClient refused(port);
            FAIL() << "was accepted";
        } catch (const std::system_error& error) {
            EXPECT_EQ(error.code().value(), ECONNREFUSED);
        }
        ends.client.send("x");
        EXPECT_EQ(ends.server.read(1), "x");
        proxy_.refuse(false);
        Ends again = connect();
        again.client.send("y");
        EXPECT_EQ(again.server.read(1), "y");
    }
    EXPECT_THROW(Proxy({.listen = proxy_.address(), .target = "127.0.0.1:1"}), std::system_error);
}

TEST_F(FaultProxy, CutsAllConnectionsAndAcceptsNewOnes) {
    Ends one = connect();
    Ends two = connect();
    proxy_.cut_all(true);
    EXPECT_EQ(one.client.rest() + two.server.rest(), "");
    EXPECT_TRUE(one.client.was_reset());
    EXPECT_TRUE(two.server.was_reset());
    EXPECT_EQ(proxy_.counters().open, 0U);
    EXPECT_EQ(proxy_.counters().cut, 2U);
    Ends three = connect();
    three.client.send("z");
    EXPECT_EQ(three.server.read(1), "z");
    proxy_.cut_all();
    EXPECT_EQ(three.client.rest(), "");
    EXPECT_FALSE(three.client.was_reset());
}

TEST_F(FaultProxy, SettingsApplyToNewExistingOrTheNextConnections) {
    Ends old = connect();
    ASSERT_TRUE(proxy_.wait_for_connections(1));
    proxy_.set_new({.to_target = {.cut_after = 2}});
    proxy_.set_next(1, {.to_target = {.cut_after = 1}});
    Ends next = connect();
    Ends later = connect();
    old.client.send("abc");
    next.client.send("abc");
    later.client.send("abc");
    EXPECT_EQ(old.server.read(3), "abc");
    EXPECT_EQ(next.server.rest(), "a");
    EXPECT_EQ(later.server.rest(), "ab");
    EXPECT_EQ(proxy_.settings().to_target.cut_after, 2U);
    proxy_.set_existing({.to_client = {.cut_after = 0}});
    EXPECT_EQ(old.client.rest(), "");
}

TEST_F(FaultProxy, AClientOfAMissingTargetIsReset) {
    std::string gone;
    { gone = Target().address(); }
    proxy_.set_target(gone);
    RawClient client(proxy_.port());
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(client.was_reset());
    EXPECT_EQ(proxy_.counters().target_failures, 1U);
    const Target other;
    proxy_.set_target(other.address());
    RawClient again(proxy_.port());
    again.send("x");
    EXPECT_EQ(other.accept().read(1), "x");
    EXPECT_THROW(proxy_.set_target("nowhere"), std::invalid_argument);
}

TEST_F(FaultProxy, StopsWithConnectionsOpen) {
    Ends ends = connect();
    proxy_.set({.to_client = {.delay = std::chrono::hours(1)}});
    ends.server.send("x");
    const std::uint16_t port = proxy_.port();
    proxy_.stop();
    EXPECT_EQ(ends.client.rest(), "");
    EXPECT_THROW(RawClient{port}, std::system_error);
}

TEST(FaultProxyUnix, ConnectsUnixSockets) {
    std::string pattern = (std::filesystem::temp_directory_path() / "proxy.XXXXXX").string();
    const std::filesystem::path folder = mkdtemp(pattern.data());
    const std::string front = folder / ".s.PGSQL.5433";
    {
        const Target target(folder / "target");
        Proxy proxy({.listen = front, .target = target.address()});
        EXPECT_EQ(proxy.address(), front);
        RawClient client = connect_to(front);
        RawClient server = target.accept();
        client.send("x");
        EXPECT_EQ(server.read(1), "x");
        proxy.refuse(true);
        EXPECT_THROW(connect_to(front), std::system_error);
        proxy.refuse(false);
        const RawClient again = connect_to(front);
        proxy.set_existing({.to_client = {.cut_after = 1}});
        server.send("yz");
        EXPECT_EQ(client.rest(), "y");
    }
    EXPECT_FALSE(std::filesystem::exists(front));
    std::filesystem::remove_all(folder);
}

TEST(FaultProxyHosts, AddressesAreParsedAndFormatted) {
    for (const char* const good : {"127.0.0.1:5432", "localhost:1", "[::1]:65535", "/run/x.sock"}) {
        EXPECT_EQ(Address::parse(good).text(), good);
    }
    for (const char* const bad : {"", "host", "host:", ":1", "host:65536", "host:1x", "host:-1"}) {
        EXPECT_THROW(Address::parse(bad), std::invalid_argument) << bad;
    }
    EXPECT_THROW(resolve(Address::parse("/" + std::string(200, 'x'))), std::runtime_error);
}

TEST(FaultProxyControl, ReadsEverySettingAndShowsItAgain) {
    const json settings = json::parse(R"({"reset":true,
        "to_target":{"delay_ms":1,"jitter_ms":2,"bytes_per_second":3,"cut_after":4,
                     "swallow":true,"stall":false},
        "to_client":{"delay_ms":0,"jitter_ms":0,"bytes_per_second":0,"cut_after":null,
                     "swallow":false,"stall":true}})");
    EXPECT_EQ(to_json(settings_from_json(settings)), settings);
    EXPECT_EQ(settings_from_json(settings).to_target.cut_after, 4U);
}

TEST(FaultProxyControl, NamesMistakesInSettings) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"[]", "'settings' must be an object"},
        {R"({"delay":1})", "unknown key 'delay'"},
        {R"({"to_client":{"dealy_ms":1}})", "unknown key 'to_client.dealy_ms'"},
        {R"({"to_target":{"delay_ms":-1}})", "'delay_ms' must be an integer from 0"},
        {R"({"to_target":{"jitter_ms":86400001}})", "'jitter_ms' must be at most a day"},
        {R"({"to_client":{"swallow":1}})", "'swallow' must be true or false"}};
    for (const auto& [text, words] : cases) {
        try {
            settings_from_json(json::parse(text));
            ADD_FAILURE() << text;
        } catch (const std::invalid_argument& error) {
            EXPECT_STREQ(error.what(), words);
        }
    }
}

TEST(FaultProxyControl, ControlsAProxyInFrontOfHttp) {
    httplib::Server web;
    web.Get("/hi", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("hello", "text/plain");
    });
    const int web_port = web.bind_to_any_port("127.0.0.1");
    std::thread serving([&] { web.listen_after_bind(); });
    {
        Proxy proxy({.target = "127.0.0.1:" + std::to_string(web_port)});
        const Control control(proxy, "127.0.0.1", 0);
        httplib::Client steer("127.0.0.1", control.port());
        const auto ask = [&] {
            httplib::Client client("127.0.0.1", proxy.port());
            return client.Get("/hi");
        };
        EXPECT_EQ(ask()->body, "hello");
        const auto put = [&](const std::string& path, const std::string& body) {
            return steer.Put(path, body, "application/json")->status;
        };
        EXPECT_EQ(put("/settings", R"({"to_client":{"cut_after":20},"reset":true})"), 200);
        EXPECT_FALSE(ask());
        EXPECT_EQ(put("/settings?for=new", "{}"), 200);
        EXPECT_EQ(put("/settings?for=next&count=1", R"({"to_target":{"cut_after":0}})"), 200);
        EXPECT_FALSE(ask());
        EXPECT_EQ(ask()->body, "hello");
        EXPECT_EQ(put("/refuse", "yes"), 200);
        EXPECT_FALSE(ask());
        EXPECT_EQ(put("/refuse", "no"), 200);
        EXPECT_EQ(ask()->body, "hello");
        EXPECT_EQ(put("/target", "127.0.0.1:" + std::to_string(control.port())), 200);
        EXPECT_EQ(ask()->status, 404) << "another server";
        EXPECT_EQ(put("/target", "127.0.0.1:" + std::to_string(web_port)), 200);
        EXPECT_EQ(ask()->body, "hello");
        EXPECT_EQ(steer.Delete("/connections?reset=yes")->status, 200);
        const json counters = json::parse(steer.Get("/counters")->body);
        EXPECT_EQ(counters["accepted"], 7);
        EXPECT_GE(counters["cut"], 2);
        EXPECT_EQ(put("/settings?for=new", R"({"to_target":{"delay_ms":7,"jitter_ms":8}})"), 200);
        const json settings = json::parse(steer.Get("/settings")->body);
        EXPECT_EQ(settings["to_target"]["delay_ms"], 7);
        EXPECT_EQ(to_json(settings_from_json(settings)), settings);
        for (const char* const bad :
             {"", "[]", R"({"delay":1})", R"({"to_target":{"delay_ms":-1}})",
              R"({"to_target":{"delay_ms":86400001}})", R"({"to_client":{"swallow":1}})"}) {
            EXPECT_EQ(put("/settings", bad), 400) << bad;
        }
        EXPECT_EQ(put("/settings?for=nobody", "{}"), 400);
        EXPECT_EQ(put("/settings?for=next&count=x", "{}"), 400);
        EXPECT_EQ(put("/target", "nowhere"), 400);
        EXPECT_EQ(put("/refuse", "maybe"), 400);
    }
    web.stop();
    serving.join();
}

}  // namespace
}  // namespace fault_proxy
