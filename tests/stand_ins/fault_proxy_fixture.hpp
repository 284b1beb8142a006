// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/proxy.hpp"
#include "tests/smtp_sim/raw_client.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <thread>

/// The fixture of the proxy's tests: a target that the test controls, and a proxy in front of it.
namespace fault_proxy {

using smtp_sim::RawClient;

/// Waits for something that happens on another thread.
inline bool eventually(const std::function<bool()>& happened) {
    for (int i = 0; i < 10000; ++i) {
        if (happened()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

/// A server whose connections the test controls.
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

}  // namespace fault_proxy
