// SPDX-License-Identifier: MIT
#include "daemon/base/bus/authority.hpp"

#include <unistd.h>

namespace paysync::bus {

namespace {

/// polkit may ask a person for a password before it answers.
constexpr std::chrono::minutes kPolkitTimeout{2};
constexpr std::uint32_t kAllowInteraction = 1;

}  // namespace

Task<unsigned> Authority::require(Message call, std::string action) {
    const auto* name = sd_bus_message_get_sender(call.get());
    const std::string sender = name ? name : "";
    const auto uid = co_await uid_of(sender);
    if (uid == 0 || uid == ::getuid())
        co_return uid;
    const bool interactive = sd_bus_message_get_allow_interactive_authorization(call.get()) > 0;
    if (!co_await is_authorized(sender, action, interactive))
        throw Error(SD_BUS_ERROR_ACCESS_DENIED,
                    "not authorized: polkit denied the action " + action);
    co_return uid;
}

Task<unsigned> Authority::uid_of(std::string sender) {
    auto request = connection_.call_to("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "GetConnectionUnixUser");
    check_bus(sd_bus_message_append(request.get(), "s", sender.c_str()),
              "asking for the caller's uid");
    Call call(connection_, std::move(request));
    const auto answer = co_await call;
    std::uint32_t uid = 0;
    check_bus(sd_bus_message_read(answer.get(), "u", &uid), "reading the caller's uid");
    co_return uid;
}

Task<bool> Authority::is_authorized(std::string sender, std::string action, bool interactive) {
    auto request =
        connection_.call_to("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                            "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
    check_bus(sd_bus_message_append(request.get(), "(sa{sv})sa{ss}us", "system-bus-name", 1, "name",
                                    "s", sender.c_str(), action.c_str(), 0,
                                    interactive ? kAllowInteraction : 0U, ""),
              "calling polkit");
    Call call(connection_, std::move(request), kPolkitTimeout);
    int authorized = 0;
    int challenge = 0;
    try {
        const auto answer = co_await call;
        check_bus(sd_bus_message_enter_container(answer.get(), SD_BUS_TYPE_STRUCT, "bba{ss}"),
                  "reading polkit's answer");
        check_bus(sd_bus_message_read(answer.get(), "bb", &authorized, &challenge),
                  "reading polkit's answer");
    } catch (const Error& e) {
        throw Error(SD_BUS_ERROR_ACCESS_DENIED,
                    std::string("not authorized: polkit does not answer: ") + e.what());
    }
    co_return authorized != 0;
}

}  // namespace paysync::bus
