// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/error.hpp"

#include <systemd/sd-bus.h>

#include <memory>

/// Owning pointers for the reference-counted objects of sd-bus.
namespace paysync::bus {

struct Unref {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;

/// Adds a reference to a message that belongs to sd-bus, so that it outlives the callback.
inline Message add_ref(sd_bus_message* message) {
    return Message(sd_bus_message_ref(message));
}

/// Throws Error if `result` is a negative errno, as the functions of sd-bus return it. `what` names
/// the operation: "what: No such file or directory".
void check_bus(int result, const char* what);

}  // namespace paysync::bus
