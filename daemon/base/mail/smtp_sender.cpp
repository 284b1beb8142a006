// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_sender.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/mail/address.hpp"

#include <algorithm>
#include <optional>

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

bool is_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 128; });
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

Task<Outcome> SmtpSender::send(Letter letter, BeforeDot& before_dot, std::stop_token stop) {
    refuse_bare_line_ends(letter.bytes);
    const auto to = wire_address(letter.to, true);
    SmtpJob job(loop_, "<" + wire_address(letter.from) + ">", "<" + to + ">", !is_ascii(to),
                letter.bytes);
    // Until the dot a stop ends the transfer; from then on the answer is waited for.
    std::optional<std::stop_callback<std::function<void()>>> relay;
    relay.emplace(stop, [&job] { job.decide(false); });
    submit(job);
    Event& at_dot = job.at_dot();
    co_await at_dot;
    std::exception_ptr not_committed;
    if (!job.ended()) {
        relay.reset();
        try {
            co_await before_dot.commit();
        } catch (...) {
            not_committed = std::current_exception();
        }
        job.decide(!not_committed);
    }
    Event& done = job.done();
    co_await done;
    if (not_committed)
        std::rethrow_exception(not_committed);
    if (job.given_up())
        throw Cancelled();
    co_return job.outcome();
}

void SmtpSender::submit(SmtpJob& job) {
    loop_.hold();
    bool more = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(&job);
        more = static_cast<int>(queue_.size()) > idle_ &&
               static_cast<int>(threads_.size()) < account_.max_connections;
    }
    if (more)
        threads_.emplace_back([this] { carry_letters(); });
    ready_.notify_one();
}

void SmtpSender::carry_letters() {
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
        SmtpJob& job = *queue_.front();
        queue_.pop_front();
        lock.unlock();
        auto carried = connection.carry(job);
        job.finish(std::move(carried.outcome), carried.given_up);
        lock.lock();
    }
}

}  // namespace paysync::mail
