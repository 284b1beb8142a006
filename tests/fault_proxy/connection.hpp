// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/pipe.hpp"
#include "tests/fault_proxy/socket.hpp"

#include <poll.h>

#include <array>
#include <optional>
#include <random>

namespace fault_proxy {

/// One proxied connection: the client's socket, the target's socket, and a pipe for each direction.
class Connection {
public:
    Connection(Socket client, Socket target, const Settings& settings, Counters& counters,
               Time now);

    void set(const Settings& settings, Time now);
    /// The events to poll for on the client's and on the target's socket.
    std::array<pollfd, 2> interests() const;
    /// When go_on() is to be called even if no socket has events. Empty: only on events.
    std::optional<Time> due() const;
    /// Reads and writes what is due. Returns false if the connection has ended; it is then closed
    /// and counted.
    bool go_on(short client_events, short target_events, Time now, std::mt19937_64& random);
    /// Ends the connection by a FIN, or by an RST.
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
