// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/message.hpp"
#include "daemon/base/loop/cancellable_awaitable.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/wakeup.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace paysync::bus {

/// The daemon's connection to the D-Bus system bus, under a well-known name.
///
/// D-Bus is optional for the daemon. If there is no bus, the connection breaks, or another process
/// owns the name, only the control over D-Bus is missing; everything else works. The connection is
/// retried every `Options::retry` until run() is stopped. While another process owns the name, the
/// bus queues this connection and gives it the name later.
///
/// Loop thread only.
class Connection {
public:
    struct Options {
        /// The well-known name that clients call, such as net.clientpoint.PaySync1.
        std::string name;
        /// Called for each new connection, to add the D-Bus objects to it. May throw Error.
        std::function<void(sd_bus*)> on_open;
        /// Called once for each change of the state: with an empty text when the daemon can be
        /// controlled over D-Bus, otherwise with the reason why it cannot.
        std::function<void(const std::string& reason)> on_change;
        /// Pause between two attempts to connect.
        std::chrono::milliseconds retry = std::chrono::seconds(10);
    };

    Connection(Loop& loop, Clock& clock, Options options);
    ~Connection();

    /// Connects, and reconnects after each loss, until `stop` is triggered. Does not throw.
    Task<void> run(std::stop_token stop);

    /// The connection, or null while there is none. Valid until the loop continues.
    sd_bus* get() const noexcept;

    /// Creates a method call. The caller appends the arguments and awaits a Call. Throws Error
    /// Disconnected while there is no connection.
    Message call_to(const char* destination, const char* path, const char* interface,
                    const char* member) const;

    Loop& loop() noexcept { return loop_; }
    /// Triggered when the current connection ends.
    std::stop_token session() const noexcept { return session_.get_token(); }

private:
    struct Session;
    static int on_name(sd_bus_message* answer, void* self, sd_bus_error*);
    void report(const std::string& reason);

    Loop& loop_;
    Clock& clock_;
    Options options_;
    Wakeup lost_;
    std::string loss_reason_;
    std::stop_source session_;
    std::unique_ptr<Session> open_;
    std::string reported_ = "not connected yet";
};

/// An asynchronous method call:
///
///     Message request = connection.call_to(…);
///     Call call(connection, std::move(request));
///     const Message reply = co_await call;
///
/// Throws Error if the peer replies with an error, after `timeout`, or if the connection is lost.
class [[nodiscard]] Call final : public CancellableAwaitable {
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
