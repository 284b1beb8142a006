// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>

struct sd_bus;

namespace paysync::bus {

/// Drives one sd-bus connection by the event loop: watches its socket and its timeout, and calls
/// sd_bus_process().
///
/// Any call of an sd-bus function may change the events and the timeout that sd-bus waits for, and
/// it has no callback for such changes. So a uv_prepare handle asks for them before each poll.
class Pump {
public:
    /// `on_lost` is called once when the connection is lost, with a positive errno, from the loop's
    /// own stack; it may destroy the pump. `bus` must outlive the pump.
    Pump(Loop& loop, sd_bus* bus, std::function<void(int error)> on_lost);
    ~Pump();
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with the call of on_lost that is posted to the loop
};

}  // namespace paysync::bus
