// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/control.hpp"
#include "tests/fault_proxy/json.hpp"
#include "tests/fault_proxy/proxy.hpp"
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/server.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <thread>

namespace fault_proxy {
namespace {

using nlohmann::json;
using smtp_sim::RawClient;

/// Waits for what happens on another thread.
bool eventually(const std::function<bool()>& happened) {
    for (int i = 0; i < 10000; ++i) {
        if (happened()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

/// A server whose connections the test holds in its hands.
class Target {
public:
    explicit Target(const std::string& where = "127.0.0.1:0")
        : socket_(bound(resolve(Address::parse(where)), Sharing::now)),
          address_(Address::parse(where)) {
        listen_on(socket_);
        if (!address_.is_unix()) {
            const Resolved local = local_address(socket_);
            address_.port = ntohs(reinterpret_cast<const sockaddr_in*>(local.get())->sin_port);
        }
    }
    std::string address() const { return address_.text(); }
    RawClient accept() const {
        pollfd ready{.fd = socket_.fd(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(poll(&ready, 1, 20000), 1);
        return RawClient::adopt(::accept(socket_.fd(), nullptr, nullptr));
    }

private:
    Socket socket_;
    Address address_;
};

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

class FaultProxy : public testing::Test {
protected:
    /// Both ends of a new connection.
    struct Ends {
        RawClient client;
        RawClient server;
    };
    Ends connect() {
        RawClient client(proxy_.port());
        return {std::move(client), target_.accept()};
    }

    const Target target_;
    Proxy proxy_{{.target = target_.address()}};
};

TEST_F(FaultProxy, passes_bytes_and_the_end_both_ways) {
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

TEST_F(FaultProxy, passes_a_reset_on) {
    Ends ends = connect();
    {
        // Closed with bytes unread: that is an RST.
        const RawClient gone = std::move(ends.client);
        ends.server.send("x");
        ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_to_client == 1; }));
    }
    EXPECT_EQ(ends.server.rest(), "");
    EXPECT_TRUE(ends.server.was_reset());
}

TEST_F(FaultProxy, delays_both_ways) {
    const std::chrono::milliseconds delay(40);
    proxy_.set({.to_target = {.delay = delay}, .to_client = {.delay = delay}});
    Ends ends = connect();
    const auto start = std::chrono::steady_clock::now();
    ends.client.send("a");
    EXPECT_EQ(ends.server.read(1), "a");
    EXPECT_GE(std::chrono::steady_clock::now() - start, delay);
    ends.server.send("b");
    EXPECT_EQ(ends.client.read(1), "b");
    EXPECT_GE(std::chrono::steady_clock::now() - start, 2 * delay);
}

TEST_F(FaultProxy, limits_the_bandwidth) {
    proxy_.set({.to_client = {.bytes_per_second = 100'000}});
    Ends ends = connect();
    const auto start = std::chrono::steady_clock::now();
    ends.server.send(std::string(12'000, 'x'));
    EXPECT_EQ(ends.client.read(12'000).size(), 12'000U);
    // The first of fifty portions a second goes at once.
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
}

TEST_F(FaultProxy, cuts_after_so_many_bytes_to_the_target) {
    proxy_.set({.to_target = {.cut_after = 5}});
    Ends ends = connect();
    ends.client.send("1234567");
    EXPECT_EQ(ends.server.rest(), "12345");
    EXPECT_FALSE(ends.server.was_reset());
    EXPECT_EQ(ends.client.rest(), "");
    EXPECT_EQ(proxy_.counters().cut, 1U);
}

TEST_F(FaultProxy, cuts_after_so_many_bytes_to_the_client_by_a_reset) {
    proxy_.set({.to_client = {.cut_after = 3}, .reset = true});
    Ends ends = connect();
    ends.server.send("abcdef");
    EXPECT_EQ(ends.client.rest(), "abc");
    EXPECT_TRUE(ends.client.was_reset());
    EXPECT_EQ(ends.server.rest(), "");
    EXPECT_TRUE(ends.server.was_reset());
}

TEST_F(FaultProxy, a_half_open_connection_is_silent_even_when_the_client_is_gone) {
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

TEST_F(FaultProxy, one_way_may_be_swallowed_alone_and_come_back) {
    Ends ends = connect();
    proxy_.set_existing({.to_target = {.swallow = true}});
    ends.client.send("lost");
    ends.server.send("heard");
    EXPECT_EQ(ends.client.read(5), "heard");
    ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed == 4; }));
    proxy_.set_existing({});
    ends.client.send("back");
    EXPECT_EQ(ends.server.read(4), "back");
}

TEST_F(FaultProxy, a_stall_loses_nothing) {
    Ends ends = connect();
    proxy_.set({.to_target = {.stall = true}});
    ends.client.send("late");
    ends.server.send("now");
    EXPECT_EQ(ends.client.read(3), "now");
    EXPECT_EQ(proxy_.counters().bytes_to_target, 0U);
    proxy_.set({});
    EXPECT_EQ(ends.server.read(4), "late");
}

TEST_F(FaultProxy, refuses_new_connections_and_takes_them_again_on_the_same_port) {
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

TEST_F(FaultProxy, cuts_all_connections_and_goes_on) {
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

TEST_F(FaultProxy, settings_for_new_existing_and_the_next_connections) {
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

TEST_F(FaultProxy, a_client_of_a_target_that_is_not_there_is_reset) {
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

TEST_F(FaultProxy, stops_with_connections_open) {
    Ends ends = connect();
    proxy_.set({.to_client = {.delay = std::chrono::hours(1)}});
    ends.server.send("x");
    const std::uint16_t port = proxy_.port();
    proxy_.stop();
    EXPECT_EQ(ends.client.rest(), "");
    EXPECT_THROW(RawClient{port}, std::system_error);
}

TEST(FaultProxyUnix, stands_between_unix_sockets) {
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

TEST(FaultProxyHosts, addresses_are_read_and_written) {
    for (const char* const good : {"127.0.0.1:5432", "localhost:1", "[::1]:65535", "/run/x.sock"}) {
        EXPECT_EQ(Address::parse(good).text(), good);
    }
    for (const char* const bad : {"", "host", "host:", ":1", "host:65536", "host:1x", "host:-1"}) {
        EXPECT_THROW(Address::parse(bad), std::invalid_argument) << bad;
    }
    EXPECT_THROW(resolve(Address::parse("/" + std::string(200, 'x'))), std::runtime_error);
}

TEST(FaultProxySmtp, the_answer_to_the_final_dot_can_be_lost) {
    smtp_sim::Server server;
    Proxy proxy({.target = "127.0.0.1:" + std::to_string(server.port())});
    RawClient client(proxy.port());
    client.reply();
    client.ask("HELO x");
    client.ask("MAIL FROM:<a@example.com>");
    client.ask("RCPT TO:<b@example.com>");
    EXPECT_EQ(client.ask("DATA").substr(0, 3), "354");
    proxy.set_existing({.to_client = {.cut_after = 0}});
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(server.wait_for_attempts(1));
    EXPECT_TRUE(server.messages().empty());

    RawClient second(proxy.port());
    second.reply();
    second.ask("HELO x");
    second.ask("MAIL FROM:<a@example.com>");
    second.ask("RCPT TO:<b@example.com>");
    second.ask("DATA");
    proxy.set_existing({.to_client = {.swallow = true}});
    second.send("x\r\n.\r\n");
    EXPECT_TRUE(server.wait_for_messages(1));
    proxy.cut_all();
    EXPECT_EQ(second.rest(), "");
}

TEST(FaultProxyControl, is_steered_over_http_and_stands_before_http) {
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
        EXPECT_EQ(steer.Delete("/connections?reset=yes")->status, 200);
        const json counters = json::parse(steer.Get("/counters")->body);
        EXPECT_EQ(counters["accepted"], 5);
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
