// SPDX-License-Identifier: MIT
#include "daemon/base/http/curl_multi.hpp"

#include "daemon/base/loop/uv_handle.hpp"

#include <stdexcept>

namespace paysync::http {

/// curl's callbacks on_socket() and on_timer() say which sockets to watch and when to call again;
/// libuv handles do both and call socket_action(). curl is never entered from its own callbacks:
/// it does not allow that.
struct CurlMulti::State {
    struct Socket {
        UvHandle<uv_poll_t> poll;
        State* owner = nullptr;
        curl_socket_t fd = 0;
    };

    explicit State(Loop& l) : loop(l), multi(curl_multi_init()) {
        if (!multi)
            throw std::runtime_error("curl_multi_init failed");
        uv_timer_init(loop.uv(), timer.get());
        timer.set_data(this);
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &State::on_socket);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &State::on_timer);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    }

    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* per_socket) {
        auto& state = *static_cast<State*>(self);
        auto* socket = static_cast<Socket*>(per_socket);
        if (what == CURL_POLL_REMOVE) {
            // curl also removes sockets that it never added; then `socket` is null.
            curl_multi_assign(state.multi, fd, nullptr);
            delete socket;
            return 0;
        }
        if (!socket) {
            auto fresh = std::make_unique<Socket>();
            if (uv_poll_init_socket(state.loop.uv(), fresh->poll.get(), fd) < 0)
                return -1;  // curl fails the transfer
            socket = fresh.release();
            socket->owner = &state;
            socket->fd = fd;
            socket->poll.set_data(socket);
            // Not referenced: an idle kept-alive connection must not keep the loop running. During
            // a transfer, the task that awaits it does.
            uv_unref(socket->poll.base());
            curl_multi_assign(state.multi, fd, socket);
        }
        const int events =
            ((what & CURL_POLL_IN) ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) ? UV_WRITABLE : 0);
        uv_poll_start(socket->poll.get(), events, &State::on_ready);
        return 0;
    }

    static void on_ready(uv_poll_t* poll, int status, int events) {
        const auto& socket = *static_cast<Socket*>(poll->data);
        // libuv reports a socket error as a negative status without events.
        const int ready = status < 0 ? CURL_CSELECT_ERR
                                     : ((events & UV_READABLE) ? CURL_CSELECT_IN : 0) |
                                           ((events & UV_WRITABLE) ? CURL_CSELECT_OUT : 0);
        socket.owner->socket_action(socket.fd, ready);
    }

    static int on_timer(CURLM*, long timeout_ms, void* self) {
        auto& state = *static_cast<State*>(self);
        if (timeout_ms < 0) {
            uv_timer_stop(state.timer.get());
            return 0;
        }
        // 0 means now. A timer of 0 ms postpones the call, since curl must not be entered from
        // here.
        uv_timer_start(
            state.timer.get(),
            [](uv_timer_t* timer) {
                static_cast<State*>(timer->data)->socket_action(CURL_SOCKET_TIMEOUT, 0);
            },
            timeout_ms == 0 ? 0 : static_cast<std::uint64_t>(timeout_ms), 0);
        uv_unref(state.timer.base());
        return 0;
    }

    void socket_action(curl_socket_t fd, int ready) {
        int running = 0;
        curl_multi_socket_action(multi, fd, ready, &running);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE)
                continue;
            // Copied first: removing the handle invalidates the message.
            const CURLcode code = message->data.result;
            CURL* easy = message->easy_handle;
            Transfer* transfer = nullptr;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
            curl_multi_remove_handle(multi, easy);
            transfer->finish(code);
        }
    }

    Loop& loop;
    CURLM* multi;
    UvHandle<uv_timer_t> timer;
};

CurlMulti::CurlMulti(Loop& loop, long max_connections) : state_(std::make_unique<State>(loop)) {
    curl_multi_setopt(state_->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max_connections);
}

CurlMulti::~CurlMulti() {
    curl_multi_cleanup(state_->multi);
}

Loop& CurlMulti::loop() noexcept {
    return state_->loop;
}

Transfer::Transfer(CurlMulti& multi, CURL* easy, std::stop_token stop)
    : CancellableAwaitable(multi.loop(), std::move(stop)), multi_(multi), easy_(easy) {}

void Transfer::start() {
    set_option(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
    if (const auto code = curl_multi_add_handle(multi_.state_->multi, easy_); code != CURLM_OK)
        throw std::runtime_error(std::string("curl_multi_add_handle: ") +
                                 curl_multi_strerror(code));
}

void Transfer::abandon() noexcept {
    curl_multi_remove_handle(multi_.state_->multi, easy_);
}

void Transfer::finish(CURLcode code) {
    code_ = code;
    complete();
}

CURLcode Transfer::await_resume() {
    throw_if_cancelled();
    return code_;
}

}  // namespace paysync::http
