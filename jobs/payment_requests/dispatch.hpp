// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/log/line.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/payment_requests/sender.hpp"
#include "jobs/payment_requests/settings.hpp"
#include "jobs/payment_requests/steps.hpp"

#include <chrono>
#include <string>

namespace paysync::payment_requests {

/// One claimed mail's way from its row to the mail server: link, frozen bytes, last gate, delivery,
/// record.
class Dispatch {
public:
    Dispatch(Context& context, const Settings& settings, const Sender& sender, Steps& steps,
             Delivery delivery, std::stop_token stop);

    /// Ends with the mail sent, failed, put off or in doubt, each with a reason. Throws
    /// db::Unavailable or Cancelled, which leave the row to whoever claims it next, and
    /// stripe::Error when our key is refused, which is no row's fault.
    Task<void> run();

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
    static Verdict postponed(std::string code, std::string text, std::chrono::milliseconds delay);

    Verdict refusal() const;
    Task<Verdict> attempt();
    Task<void> look_at_link();
    Task<store::Opening> prepare();
    Task<Verdict> deliver(store::Opening opening);
    Task<void> record(int attempt, mail::Outcome outcome);
    Task<void> put_off(int attempt, mail::Outcome outcome);
    Task<void> refuse(int attempt, mail::Outcome outcome, std::string reason_code);
    static Verdict held(const mail::Admission& admission);
    double backoff_seconds(std::chrono::milliseconds first) const;
    log::Line about(log::Line line = log::about()) const;

    Context& context_;
    const Settings& settings_;
    const Sender& sender_;
    Steps& steps_;
    Delivery delivery_;
    std::stop_token stop_;
    std::string what_;             ///< names the mail in the log
    std::exception_ptr unusable_;  ///< why no mail could be written; its link exists all the same
};

}  // namespace paysync::payment_requests
