// SPDX-License-Identifier: MIT
#include "daemon/base/db/listener.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/offload.hpp"
#include "daemon/base/loop/uv_handle.hpp"
#include "daemon/base/loop/wakeup.hpp"

#include <pqxx/pqxx>
#include <spdlog/spdlog.h>

#include <utility>

namespace paysync::db {

namespace {

using namespace std::chrono_literals;
constexpr auto kHeartbeat = 10s;
constexpr auto kMinRetry = 500ms;
constexpr auto kMaxRetry = 10s;

class Receiver final : public pqxx::notification_receiver {
public:
    Receiver(pqxx::connection& connection, const std::string& channel,
             std::vector<std::string>& received)
        : notification_receiver(connection, channel), received_(received) {}
    void operator()(const std::string&, int) override { received_.push_back(channel()); }

private:
    std::vector<std::string>& received_;
};

}  // namespace

/// One connection. Its blocking functions run on a thread of libuv's pool; the loop does not use
/// the session meanwhile.
class Listener::Session {
public:
    Session(Loop& loop, const Options& options) : loop_(loop), options_(options) {}

    /// Blocking.
    void connect() {
        connection_ = std::make_unique<pqxx::connection>(options_.conninfo);
        for (const auto& channel : options_.channels)
            receivers_.push_back(std::make_unique<Receiver>(*connection_, channel, received_));
    }

    /// Blocking.
    void heartbeat() {
        pqxx::nontransaction tx(*connection_);
        tx.exec("SELECT 1");
    }

    void watch(Wakeup& broken) {
        broken_ = &broken;
        poll_.emplace();
        check_uv(uv_poll_init(loop_.uv(), poll_->get(), connection_->sock()), "uv_poll_init");
        poll_->set_data(this);
        uv_unref(poll_->base());
        uv_poll_start(poll_->get(), UV_READABLE,
                      [](uv_poll_t* poll, int, int) { static_cast<Session*>(poll->data)->read(); });
        deliver();
    }
    void unwatch() { poll_.reset(); }
    bool lost() const noexcept { return lost_; }

private:
    void read() {
        try {
            connection_->get_notifs();
            lost_ = !connection_->is_open();
        } catch (const pqxx::failure&) {
            lost_ = true;
        }
        deliver();
        if (lost_) {
            poll_.reset();  // libpq closed the socket; its number may be reused
            broken_->notify();
        }
    }

    void deliver() {
        for (const auto& channel : std::exchange(received_, {}))
            options_.on_notify(channel);
    }

    Loop& loop_;
    const Options& options_;
    std::vector<std::string> received_;
    std::unique_ptr<pqxx::connection> connection_;
    std::vector<std::unique_ptr<Receiver>> receivers_;
    std::optional<UvHandle<uv_poll_t>> poll_;
    Wakeup* broken_ = nullptr;
    bool lost_ = false;
};

Listener::Listener(Loop& loop, Clock& clock, Options options)
    : loop_(loop), clock_(clock), options_(std::move(options)) {}

Listener::~Listener() = default;

Task<void> Listener::run(std::stop_token stop) {
    std::chrono::milliseconds pause = kMinRetry;
    while (!stop.stop_requested()) {
        const auto began = clock_.now();
        try {
            co_await listen(stop);
        } catch (const Cancelled&) {
            co_return;
        } catch (const std::exception& e) {
            spdlog::debug("database: LISTEN failed: {}; jobs poll until it reconnects", e.what());
        }
        pause = clock_.now() - began > kMaxRetry
                    ? std::chrono::milliseconds(kMinRetry)
                    : std::min<std::chrono::milliseconds>(pause * 2, kMaxRetry);
        try {
            co_await clock_.sleep(pause, stop);
        } catch (const Cancelled&) {
            co_return;
        }
    }
}

Task<void> Listener::listen(std::stop_token stop) {
    Session session(loop_, options_);
    Offload connect(loop_, [&session] { session.connect(); });
    co_await connect;

    for (const auto& channel : options_.channels)
        options_.on_notify(channel);

    Wakeup broken;
    for (;;) {
        session.watch(broken);
        std::exception_ptr ended;
        try {
            co_await broken.wait(clock_, kHeartbeat, stop);
        } catch (...) {
            ended = std::current_exception();
        }
        session.unwatch();
        if (ended)
            std::rethrow_exception(ended);
        if (session.lost())
            throw Unavailable("connection lost");
        Offload heartbeat(loop_, [&session] { session.heartbeat(); });
        co_await heartbeat;
    }
}

}  // namespace paysync::db
