// SPDX-License-Identifier: MIT
#include "daemon/base/bus/client.hpp"

#include "daemon/base/bus/message.hpp"
#include "daemon/base/bus/names.hpp"

#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace paysync::bus {

namespace {

/// A reload does not wait for running jobs, but it does wait for the database of the new
/// configuration. In microseconds.
constexpr std::uint64_t kReloadTimeout = 90'000'000;

struct CallError {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    ~CallError() { sd_bus_error_free(&error); }
    /// Throws Error if `result` is negative: the peer's error, or else the text for the errno.
    void check(int result, const char* what) const {
        if (result >= 0)
            return;
        if (sd_bus_error_is_set(&error) > 0)
            throw Error(error.name, error.message ? error.message : error.name);
        check_bus(result, what);
    }
};

/// False at the end of an array.
bool enter(sd_bus_message* message, char type, const char* contents) {
    const int entered = sd_bus_message_enter_container(message, type, contents);
    check_bus(entered, "reading a reply");
    return entered > 0;
}

std::string read_text(sd_bus_message* message) {
    const char* value = nullptr;
    check_bus(sd_bus_message_read(message, "v", "s", &value), "reading a property");
    return value;
}

bool read_bool(sd_bus_message* message) {
    int value = 0;
    check_bus(sd_bus_message_read(message, "v", "b", &value), "reading a property");
    return value != 0;
}

JobState read_job(sd_bus_message* message) {
    JobState job;
    enter(message, 'a', "{sv}");
    while (enter(message, 'e', "sv")) {
        const char* read = nullptr;
        check_bus(sd_bus_message_read(message, "s", &read), "reading a property's name");
        const std::string_view property = read;
        if (property == "Name")
            job.name = read_text(message);
        else if (property == "Schedule")
            job.schedule = read_text(message);
        else if (property == "Running")
            job.running = read_bool(message);
        else if (property == "Paused")
            job.paused = read_bool(message);
        else if (property == "LastOutcome")
            job.last_outcome = read_text(message);
        else if (property == "LastEnded")
            check_bus(sd_bus_message_read(message, "v", "t", &job.last_ended), "reading a time");
        else
            check_bus(sd_bus_message_skip(message, "v"), "reading a property");
        sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    return job;
}

}  // namespace

struct Client::State {
    struct Close {
        void operator()(sd_bus* open) const noexcept { sd_bus_flush_close_unref(open); }
    };

    std::string text(const char* path, const char* interface, const char* property) const {
        CallError error;
        char* value = nullptr;
        error.check(sd_bus_get_property_string(bus.get(), name.c_str(), path, interface, property,
                                               &error.error, &value),
                    property);
        const std::unique_ptr<char, decltype(&std::free)> owned(value, &std::free);
        return value;
    }

    /// Calls a method without arguments and returns the reply. A timeout of 0 is sd-bus's default,
    /// 25 s.
    Message call(const char* interface, const char* member, std::uint64_t timeout_us = 0) const {
        sd_bus_message* made = nullptr;
        check_bus(sd_bus_message_new_method_call(bus.get(), &made, name.c_str(), kManagerPath,
                                                 interface, member),
                  member);
        const Message request(made);
        CallError error;
        sd_bus_message* answer = nullptr;
        error.check(sd_bus_call(bus.get(), request.get(), timeout_us, &error.error, &answer),
                    member);
        return Message(answer);
    }

    std::string name;
    std::unique_ptr<sd_bus, Close> bus;
};

Client::Client(std::string name) : state_(std::make_unique<State>()) {
    state_->name = std::move(name);
    sd_bus* bus = nullptr;
    if (const int opened = sd_bus_open_system(&bus); opened < 0)
        throw Error(SD_BUS_ERROR_NO_SERVER,
                    std::string("cannot connect to the system bus: ") + std::strerror(-opened));
    state_->bus.reset(bus);
    sd_bus_set_allow_interactive_authorization(bus, 1);
}

Client::~Client() = default;

void Client::reload() {
    state_->call(kManager, "Reload", kReloadTimeout);
}

std::string Client::version() {
    return state_->text(kManagerPath, kManager, "Version");
}

std::string Client::status() {
    return state_->text(kManagerPath, kManager, "StatusText");
}

std::vector<JobState> Client::jobs() {
    const auto objects = state_->call("org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    auto* const answer = objects.get();
    std::vector<JobState> jobs;
    enter(answer, 'a', "{oa{sa{sv}}}");
    while (enter(answer, 'e', "oa{sa{sv}}")) {
        check_bus(sd_bus_message_skip(answer, "o"), "reading an object");
        enter(answer, 'a', "{sa{sv}}");
        while (enter(answer, 'e', "sa{sv}")) {
            const char* interface = nullptr;
            check_bus(sd_bus_message_read(answer, "s", &interface), "reading an interface");
            if (std::string_view(interface) == kJob)
                jobs.push_back(read_job(answer));
            else
                check_bus(sd_bus_message_skip(answer, "a{sv}"), "reading properties");
            sd_bus_message_exit_container(answer);
        }
        sd_bus_message_exit_container(answer);
        sd_bus_message_exit_container(answer);
    }
    return jobs;
}

BudgetState Client::budget() {
    const auto answer = state_->call(kManager, "Budget");
    BudgetState budget;
    check_bus(sd_bus_message_read(answer.get(), "duuu", &budget.rate, &budget.in_flight,
                                  &budget.in_flight_limit, &budget.waiting),
              "reading the budget");
    return budget;
}

std::string Client::log_level() {
    return state_->text(kLogControlPath, kLogControl, "LogLevel");
}

void Client::set_log_level(const std::string& level) {
    CallError error;
    error.check(sd_bus_set_property(state_->bus.get(), state_->name.c_str(), kLogControlPath,
                                    kLogControl, "LogLevel", &error.error, "s", level.c_str()),
                "LogLevel");
}

}  // namespace paysync::bus
