// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/message.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/resumption.hpp"
#include "daemon/base/loop/wakeup.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace paysync::bus {

/// The daemon's connection to the system's message bus, under a well-known name. A bus that is not
/// there, goes away or gives the name to somebody else costs nothing but the control by it: it is
/// tried again and again.
class Connection {
public:
    struct Options {
        /// The name that others call.
        std::string name;
        /// Adds the objects to a new connection. Throws Error.
        std::function<void(sd_bus*)> on_open;
        /// Called when control by the bus comes (empty) or goes, with the reason; each change once.
        std::function<void(const std::string& reason)> on_change;
        std::chrono::milliseconds retry = std::chrono::seconds(10);
    };

    Connection(Loop& loop, Clock& clock, Options options);
    ~Connection();

    /// Connects, and connects again, until `stop`.
    Task<void> run(std::stop_token stop);

    /// The connection, or null while there is none.
    sd_bus* get() const noexcept;

    /// A new call to a peer; append its arguments and await a Call. Throws Error without a
    /// connection.
    Message call_to(const char* destination, const char* path, const char* interface,
                    const char* member) const;

    Loop& loop() noexcept { return loop_; }
    /// Ends with the connection that there is now.
    std::stop_token session() const noexcept { return session_.get_token(); }

private:
    struct Session;
    static int on_name(sd_bus_message* answer, void* self, sd_bus_error*);
    void say(const std::string& reason);

    Loop& loop_;
    Clock& clock_;
    Options options_;
    Wakeup lost_;
    std::string lost_because_;
    std::stop_source session_;
    std::unique_ptr<Session> open_;
    std::string said_ = "not connected yet";
};

/// `Call call(connection, std::move(request)); auto answer = co_await call;` throws Error for what
/// the peer answers instead, and when the connection or the time is at its end.
class [[nodiscard]] Call final : public Resumption {
public:
    Call(Connection& connection, Message request,
         std::chrono::microseconds timeout = std::chrono::seconds(25));

    Message await_resume();

private:
    void start() override;
    void abandon() noexcept override;
    static int on_answer(sd_bus_message* answer, void* self, sd_bus_error*);

    sd_bus* bus_;
    Message request_;
    std::chrono::microseconds timeout_;
    Slot slot_;
    Message answer_;
    int failed_ = 0;
};

}  // namespace paysync::bus
