// SPDX-License-Identifier: MIT
#include "daemon/base/bus/connection.hpp"

#include "daemon/base/bus/pump.hpp"
#include "daemon/base/loop/cancelled.hpp"

#include <cstring>
#include <utility>

namespace paysync::bus {

namespace {

/// Wakeup::wait() needs an upper bound; the loop around it waits again.
constexpr std::chrono::hours kMaxWait{24};

std::string error_text(int error) {
    return std::strerror(error);
}

}  // namespace

struct Connection::Session {
    struct Close {
        void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
    };
    std::unique_ptr<sd_bus, Close> bus;
    std::unique_ptr<Pump> pump;
};

Connection::Connection(Loop& loop, Clock& clock, Options options)
    : loop_(loop), clock_(clock), options_(std::move(options)) {}

Connection::~Connection() = default;

sd_bus* Connection::get() const noexcept {
    return open_ ? open_->bus.get() : nullptr;
}

Task<void> Connection::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        try {
            auto session = std::make_unique<Session>();
            sd_bus* bus = nullptr;
            check_bus(sd_bus_open_system_with_description(&bus, "paysyncd"), "connecting");
            session->bus.reset(bus);
            options_.on_open(bus);
            check_bus(sd_bus_request_name_async(bus, nullptr, options_.name.c_str(),
                                                SD_BUS_NAME_QUEUE, &Connection::on_name, this),
                      "requesting the name");
            session->pump = std::make_unique<Pump>(loop_, bus, [this](int error) {
                loss_reason_ = error_text(error);
                lost_.notify();
            });
            session_ = std::stop_source();
            loss_reason_.clear();
            open_ = std::move(session);
        } catch (const Error& e) {
            report(e.what());
        }
        try {
            while (open_ && loss_reason_.empty())
                co_await lost_.wait(clock_, kMaxWait, stop);
        } catch (const Cancelled&) {
        }
        if (open_ && !stop.stop_requested())
            report(loss_reason_);
        session_.request_stop();
        open_.reset();
        try {
            co_await clock_.sleep(options_.retry, stop);
        } catch (const Cancelled&) {
        }
    }
}

/// Reply to RequestName. 1: this connection owns the name. 2: another process owns it, and the bus
/// queues this connection.
int Connection::on_name(sd_bus_message* answer, void* self, sd_bus_error*) {
    auto& connection = *static_cast<Connection*>(self);
    std::uint32_t result = 0;
    if (const auto* error = sd_bus_message_get_error(answer))
        connection.report(error->message ? error->message : error->name);
    else if (sd_bus_message_read(answer, "u", &result) >= 0 && result == 1)
        connection.report("");
    else
        connection.report(connection.options_.name + " belongs to another process");
    return 1;
}

void Connection::report(const std::string& reason) {
    if (std::exchange(reported_, reason) != reason && options_.on_change)
        options_.on_change(reason);
}

Message Connection::call_to(const char* destination, const char* path, const char* interface,
                            const char* member) const {
    if (!open_)
        throw Error(SD_BUS_ERROR_DISCONNECTED, "not connected to the system bus");
    sd_bus_message* call = nullptr;
    check_bus(sd_bus_message_new_method_call(get(), &call, destination, path, interface, member),
              "creating a call");
    return Message(call);
}

Call::Call(Connection& connection, Message request, std::chrono::microseconds timeout)
    : CancellableAwaitable(connection.loop(), connection.session()),
      bus_(connection.get()),
      request_(std::move(request)),
      timeout_(timeout) {}

void Call::start() {
    sd_bus_slot* slot = nullptr;
    failed_ = sd_bus_call_async(bus_, &slot, request_.get(), &Call::on_answer, this,
                                static_cast<std::uint64_t>(timeout_.count()));
    slot_.reset(slot);
    if (failed_ < 0)
        complete();
}

void Call::abandon() noexcept {
    slot_.reset();
}

int Call::on_answer(sd_bus_message* answer, void* self, sd_bus_error*) {
    auto& call = *static_cast<Call*>(self);
    call.answer_ = add_ref(answer);
    call.complete();
    return 1;
}

Message Call::await_resume() {
    try {
        throw_if_cancelled();
    } catch (const Cancelled&) {
        throw Error(SD_BUS_ERROR_DISCONNECTED, "the connection to the system bus was lost");
    }
    check_bus(failed_, "calling");
    if (const auto* error = sd_bus_message_get_error(answer_.get()))
        throw Error(error->name, error->message ? error->message : error->name);
    return std::move(answer_);
}

}  // namespace paysync::bus
