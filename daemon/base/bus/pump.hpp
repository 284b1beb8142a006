// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>

struct sd_bus;

namespace paysync::bus {

/// Lets libuv turn one sd-bus connection. sd-bus changes its mind about what it waits for at every
/// call, so it is asked right before each poll.
class Pump {
public:
    /// `on_lost` is called once, from the loop's own stack, with errno's value when the connection
    /// is at its end; the bus must live as long as the pump.
    Pump(Loop& loop, sd_bus* bus, std::function<void(int error)> on_lost);
    ~Pump();
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with what was posted to the loop
};

}  // namespace paysync::bus
