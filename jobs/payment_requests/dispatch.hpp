// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/mail/outcome.hpp"
#include "jobs/context.hpp"
#include "jobs/payment_requests/deliveries_store.hpp"
#include "jobs/payment_requests/requests_store.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <chrono>
#include <string>

namespace paysync::payment_requests {

/// One claimed request's way from its row to the mail server: link, frozen letter, last gate,
/// delivery, record.
class Dispatch {
public:
    Dispatch(Context& context, const Settings& settings, const Sender& sender,
             store::Request request, std::int64_t token, std::stop_token stop);

    /// Ends with the request sent, failed, put off or in doubt, each with a reason. Throws
    /// db::Unavailable or Cancelled, which leave the row to whoever claims it next, and
    /// stripe::Error when our key is refused, which is no row's fault.
    Task<void> run();

    /// What is wrong with the mail account as a whole; empty when nothing is.
    const std::string& account_problem() const noexcept { return account_problem_; }

private:
    /// How an attempt ended when no mail server had a say.
    struct Verdict {
        enum class Kind {
            delivered_or_recorded,
            failed,
            postponed
        } kind = Kind::delivered_or_recorded;
        std::string code;
        std::string text;
        double delay_seconds = 0;
    };
    static Verdict failed(std::string code, std::string text);
    static Verdict postponed(std::string code, std::string text, std::chrono::seconds delay);

    Verdict refusal() const;
    Task<Verdict> attempt();
    Task<void> prepare();
    Task<Verdict> deliver();
    Task<void> record(store::Delivery delivery, mail::Outcome outcome);
    double backoff_seconds() const;

    Context& context_;
    const Settings& settings_;
    const Sender& sender_;
    store::Request request_;
    std::int64_t token_;
    std::stop_token stop_;
    std::string account_problem_;
};

}  // namespace paysync::payment_requests
