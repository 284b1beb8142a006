// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/pipe.hpp"
#include "tests/fault_proxy/socket.hpp"

#include <poll.h>

#include <array>
#include <optional>
#include <random>

namespace fault_proxy {

/// A client, the target, and the two pipes between them.
class Connection {
public:
    Connection(Socket client, Socket target, const Settings& settings, Counters& counters,
               Time now);

    void set(const Settings& settings, Time now);
    /// What to wait for on the client's and on the target's socket.
    std::array<pollfd, 2> interests() const;
    /// When it wants to go on without news from its sockets.
    std::optional<Time> due() const;
    /// Goes on; false when the connection is over (then it is closed and counted).
    bool go_on(short client_events, short target_events, Time now, std::mt19937_64& random);
    /// Ends it from outside.
    void cut(bool reset);

private:
    bool connected(short events);
    void close(bool reset);

    Counters& counters_;
    Socket client_;
    Socket target_;
    bool connecting_ = true;
    bool reset_ = false;
    Pipe to_target_;
    Pipe to_client_;
};

}  // namespace fault_proxy
