// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/log/line.hpp"
#include "daemon/base/mail/outcome.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/delivery.hpp"
#include "jobs/payment_requests/keep_until_stored.hpp"
#include "jobs/payment_requests/sender_profile.hpp"
#include "jobs/payment_requests/settings.hpp"
#include "jobs/payment_requests/shared_writes.hpp"
#include "jobs/payment_requests/slots.hpp"

#include <chrono>
#include <exception>
#include <stop_token>
#include <string>
#include <type_traits>

namespace paysync::payment_requests {

/// Takes one claimed delivery from its row to the mail server, and records how it ended:
///
///     1. precondition()  is the company enabled and its stage `completed` (for a receipt or a
///                        notice: not `disconnected`), and the recipient not suppressed?
///     2. check_link()    if the request has a link: is it still active, unpaid, and for the amount
///                        that is due? If not, it is given up
///     3. prepare()       settle the links that were given up; make a payment link if there is
///                        none; compose the message if its bytes are not frozen
///     4. deliver()       ask for admission; store link and bytes and open an attempt; send; at the
///                        commit point mark the delivery as `committing`
///     5. record()        write the state that mail::OutcomeRule gives for the ending
///
/// Steps 1 to 4 may also end it without an attempt: a `Disposition` fails or postpones it. Without
/// admission step 4 stores link and bytes and postpones.
class Dispatch {
public:
    Dispatch(Context& context, const Settings& settings, const SenderProfile& profile,
             SharedWrites& writes, Slots::Slot& slot, Delivery delivery, std::stop_token stop);

    /// Returns when the delivery has its next state or is postponed, with a reason. Throws
    /// db::Unavailable or Cancelled; the row is then claimed again when its lease is over. Throws
    /// stripe::Error if Stripe refuses the API key and the control call as well, since every other
    /// delivery would fail too.
    Task<void> run();

private:
    /// How attempt() ended.
    struct Disposition {
        enum class Action {
            none,     ///< an attempt was made, and record() has written its result
            fail,     ///< no message was sent and none will be: fail_delivery()
            postpone  ///< no message was sent: postpone()
        } action = Action::none;
        std::string code;
        std::string text;
        double delay_seconds = 0;
    };
    static Disposition failed(std::string code, std::string text);
    static Disposition postponed(std::string code, std::string text,
                                 std::chrono::milliseconds delay);
    static Disposition not_admitted(const mail::Admission& admission);

    Disposition precondition() const;
    Task<Disposition> attempt();
    Task<void> check_link();
    Task<void> give_up_link(std::string reason);
    Task<Disposition> wait_for_link(LinkRefused refused);
    Task<store::NewAttempt> prepare();
    Task<Disposition> deliver(store::NewAttempt opening);
    Task<store::Opening> open(store::NewAttempt opening);
    template <typename... P>
    Task<bool> keep(const mail::SendResult& heard,
                    bool (*function)(pqxx::work&, std::string, int, store::AttemptEnd, P...),
                    int attempt, store::AttemptEnd end, std::type_identity_t<P>... args);
    Task<void> record(int attempt, mail::SendResult result);
    Task<void> record_sent(int attempt, mail::SendResult result);
    Task<void> record_in_doubt(int attempt, mail::SendResult result);
    Task<void> record_deferred(int attempt, mail::SendResult result);
    Task<void> record_failed(int attempt, mail::SendResult result, std::string reason_code);
    StoreTrouble trouble_of(const mail::SendResult& heard);
    double delay_seconds(const mail::SendResult& result) const;
    double backoff_seconds(std::chrono::milliseconds first) const;
    log::Line line(log::Line begun = log::about()) const;

    Context& context_;
    const Settings& settings_;
    const SenderProfile& profile_;
    SharedWrites& writes_;
    Slots::Slot& slot_;  ///< given back while only the database is waited for
    Delivery delivery_;
    std::stop_token stop_;
    std::string subject_;              ///< the delivery's name in the log
    std::exception_ptr not_composed_;  ///< what went wrong after the link was made; the link is
                                       ///< stored first
};

}  // namespace paysync::payment_requests
