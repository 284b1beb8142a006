// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/error.hpp"

#include <systemd/sd-bus.h>

#include <memory>

/// Ownership of what sd-bus counts.
namespace paysync::bus {

struct Unref {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;

/// One more owner of a message that sd-bus lends.
inline Message keep(sd_bus_message* message) {
    return Message(sd_bus_message_ref(message));
}

/// Throws Error when sd-bus returned a negative errno; `what` says what was tried.
void check_bus(int result, const char* what);

}  // namespace paysync::bus
