// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync::db {

/// Receives PostgreSQL notifications (LISTEN) on a connection of its own.
///
/// A notification only makes a job poll earlier than it would anyway, see Wakeup. So a lost
/// notification delays work, but loses none.
///
/// Loop thread only; blocking calls of libpq run on a thread of libuv's pool.
class Listener {
public:
    struct Options {
        std::string conninfo;
        std::vector<std::string> channels;  ///< names for LISTEN
        /// Called on the loop thread with the channel of each notification. Also called once for
        /// each channel after every connect, because notifications in between were lost.
        std::function<void(const std::string& channel)> on_notify;
    };

    Listener(Loop& loop, Clock& clock, Options options);
    ~Listener();

    /// Listens until `stop` is triggered. Executes `SELECT 1` every 10 s, to detect a connection
    /// that broke without notice. Reconnects after each loss, with pauses from 0.5 s to 10 s. Does
    /// not throw.
    Task<void> run(std::stop_token stop);

private:
    class Session;
    Task<void> listen(std::stop_token stop);

    Loop& loop_;
    Clock& clock_;
    Options options_;
};

}  // namespace paysync::db
