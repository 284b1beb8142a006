// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_sender.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/sender.hpp"
#include "daemon/base/mail/smtp_connection.hpp"
#include "daemon/base/mail/smtp_transfer.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace paysync::mail {

namespace {

void refuse_bare_line_ends(const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool cr = bytes[i] == '\r';
        const bool lf = bytes[i] == '\n';
        if ((cr && (i + 1 == bytes.size() || bytes[i + 1] != '\n')) ||
            (lf && (i == 0 || bytes[i - 1] != '\r')))
            throw std::logic_error("a message with bare line ends must not be sent");
    }
}

}  // namespace

SmtpSender::SmtpSender(Loop& loop, SmtpAccount account)
    : loop_(loop), account_(std::move(account)) {}

SmtpSender::~SmtpSender() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    ready_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

Task<SendResult> SmtpSender::send(OutgoingMessage message, CommitPoint& commit_point,
                                  std::stop_token stop) {
    refuse_bare_line_ends(message.bytes);
    const auto to = wire_address(message.to, true);
    SmtpTransfer transfer(loop_, "<" + wire_address(message.from) + ">", "<" + to + ">",
                          !is_ascii(to), message.bytes);
    // Until the final dot a stop ends the transfer; from then on the reply is waited for.
    std::optional<std::stop_callback<std::function<void()>>> relay;
    relay.emplace(stop, [&transfer] { transfer.abort(); });
    submit(transfer);
    Event& at_dot = transfer.at_dot();
    co_await at_dot;
    std::exception_ptr not_committed;
    if (!transfer.result()) {
        relay.reset();
        try {
            co_await commit_point.commit_send();
        } catch (...) {
            not_committed = std::current_exception();
        }
        if (not_committed)
            transfer.abort();
        else
            transfer.send_dot();
    }
    Event& done = transfer.done();
    co_await done;
    if (not_committed)
        std::rethrow_exception(not_committed);
    const auto result = *transfer.result();
    if (result.rule->delivery == DeliveryEffect::ready)
        throw Cancelled();
    co_return result;
}

void SmtpSender::submit(SmtpTransfer& transfer) {
    loop_.hold();
    bool more = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(&transfer);
        more = static_cast<int>(queue_.size()) > idle_ &&
               static_cast<int>(threads_.size()) < account_.max_connections;
    }
    if (more)
        threads_.emplace_back([this] { run_connection(); });
    ready_.notify_one();
}

void SmtpSender::run_connection() {
    SmtpConnection connection(account_);
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto wanted = [this] { return closing_ || !queue_.empty(); };
        ++idle_;
        if (!ready_.wait_for(lock, account_.idle, wanted)) {
            lock.unlock();
            connection.close();
            lock.lock();
            ready_.wait(lock, wanted);
        }
        --idle_;
        if (queue_.empty())
            return;
        SmtpTransfer& transfer = *queue_.front();
        queue_.pop_front();
        lock.unlock();
        transfer.finish(connection.send(transfer));
        lock.lock();
    }
}

}  // namespace paysync::mail
