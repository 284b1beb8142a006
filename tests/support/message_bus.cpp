// SPDX-License-Identifier: MIT
#include "tests/support/message_bus.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace paysync::test {

namespace {

using namespace std::chrono_literals;

/// As on Debian's system bus, owning a name requires a policy; ours is the installed one.
constexpr const char* kConfiguration = R"(<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={0}/socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
  <policy user="{1}">
    <allow own_prefix="net.clientpoint.PaySync1"/>
    <allow own="org.freedesktop.PolicyKit1"/>
  </policy>
  <include>{2}/systemd/net.clientpoint.PaySync1.conf</include>
</busconfig>
)";

}  // namespace

MessageBus::MessageBus() {
    char name[] = "/tmp/paysync-bus.XXXXXX";
    if (!::mkdtemp(name))
        throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    address_ = "unix:path=" + (folder_ / "socket").string();
    std::ofstream(folder_ / "bus.conf")
        << fmt::format(kConfiguration, folder_.string(), ::getuid(), PAYSYNC_SOURCE_DIR);
    start();
}

MessageBus::~MessageBus() {
    daemon_.reset();
    std::filesystem::remove_all(folder_);
}

void MessageBus::kill() {
    daemon_->signal(SIGKILL);
    daemon_->wait();
    std::filesystem::remove(folder_ / "socket");
}

void MessageBus::start() {
    const std::vector<std::string> command = {"dbus-daemon", "--nofork", "--nopidfile",
                                              "--nosyslog",
                                              "--config-file=" + (folder_ / "bus.conf").string()};
    daemon_ =
        std::make_unique<Process>(command, std::map<std::string, std::string>(), folder_ / "log");
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (busctl({"list"}).first != 0) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("the message bus does not start; is dbus-daemon installed?");
        std::this_thread::sleep_for(20ms);
    }
}

std::pair<int, std::string> MessageBus::busctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"busctl", "--address=" + address_, "--no-pager"});
    return run_program(arguments);
}

std::pair<int, std::string> MessageBus::busctl_as_nobody(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"busctl", "--address=" + address_, "--no-pager"});
    return as_nobody(std::move(arguments));
}

std::pair<int, std::string> MessageBus::as_nobody(std::vector<std::string> command) const {
    command.insert(command.begin(),
                   {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return run_program(command, {{"DBUS_SYSTEM_BUS_ADDRESS", address_}});
}

}  // namespace paysync::test
