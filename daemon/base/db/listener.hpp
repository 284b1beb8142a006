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

/// LISTEN on a connection of its own. It only wakes early: whoever is woken polls, and polls anyway
/// when nobody wakes him, so a lost notification costs time and nothing else.
class Listener {
public:
    struct Options {
        std::string conninfo;
        std::vector<std::string> channels;
        /// Called on the loop thread for every channel that spoke, and once for each channel after
        /// every (re)connect, because what was said in between is lost.
        std::function<void(const std::string& channel)> on_notify;
    };

    Listener(Loop& loop, Clock& clock, Options options);
    ~Listener();

    /// Listens until `stop`, reconnecting after every loss; a connection that does not answer a
    /// heartbeat every 10 s is lost too.
    Task<void> run(std::stop_token stop);

private:
    class Session;
    Task<void> listen(std::stop_token stop);

    Loop& loop_;
    Clock& clock_;
    Options options_;
};

}  // namespace paysync::db
