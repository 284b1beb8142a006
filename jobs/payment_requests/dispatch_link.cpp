// SPDX-License-Identifier: MIT
// The steps of a Dispatch that concern the payment link.
#include "daemon/base/db/pool.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/payment_requests/compose_message.hpp"
#include "jobs/payment_requests/dispatch.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/payment_requests/mail_branding_store.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/payment_link.hpp"

#include <chrono>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace paysync::payment_requests {

/// The table says what the delivery waits for. Nothing of it fails a delivery or its request.
Task<Dispatch::Disposition> Dispatch::wait_for_link(LinkRefused refused) {
    const auto& refusal = refused.refusal();
    if (refusal.retry == LinkRetry::with_pass)
        throw stripe::Error(refused.error());
    if (refusal.suspects)
        co_await context_.db.run(onboarding::store::suspect_account, delivery_.request.account_id,
                                 std::string("a payment link was refused"));
    co_await context_.db.run(store::note_link_problem, delivery_.request.request_id,
                             refused.words());
    const std::chrono::duration<double> pause(refused.pause());
    co_return postponed(refusal.reason_code, refused.what(),
                        std::chrono::duration_cast<std::chrono::milliseconds>(pause));
}

/// A link that exists already may have been paid, or deactivated by its owner, before
/// reconciliation has seen it. So Stripe is asked once more before somebody is written to.
Task<void> Dispatch::check_link() {
    auto& request = delivery_.request;
    if (confirms_payment(delivery_.kind) || request.link_id.empty())
        co_return;
    if (request.link_amount != request.amount_due)
        co_return co_await give_up_link("replaced");
    stripe::PaymentLink link;
    std::optional<LinkRefused> refused;
    try {
        link =
            co_await read_link(context_, writes_.links, request.link_id, request.account_id, stop_);
    } catch (const LinkRefused& e) {
        refused = e;
    }
    if (refused) {
        const bool gone = refused->error().kind() == stripe::Error::Kind::not_found &&
                          co_await context_.db.run(store::record_link_missing, request.link_id);
        if (!gone)
            throw LinkRefused(*refused);
        request.link_id.clear();
        delivery_.frozen = false;
        co_return;
    }
    // The payment is under way, or it failed: settle_link() finds out.
    if (link.session_limit && link.completed_sessions >= *link.session_limit)
        co_return co_await give_up_link("used");
    if (link.active)
        co_return;
    line().warn(
        "payment request {}: link {} was deactivated at Stripe, not by paysync; it gets "
        "another link",
        request.request_id, request.link_id);
    co_await context_.db.run(store::record_link_lost, request.link_id);
    request.link_id.clear();
    delivery_.frozen = false;
}

Task<void> Dispatch::give_up_link(std::string reason) {
    auto& request = delivery_.request;
    co_await context_.db.run(store::give_up_link, request.link_id, reason);
    request.link_id.clear();
    delivery_.frozen = false;
}

Task<store::NewAttempt> Dispatch::prepare() {
    auto& request = delivery_.request;
    store::NewAttempt opening;
    opening.delivery_id = delivery_.delivery_id;
    opening.request_id = request.request_id;
    opening.token = delivery_.token;
    if (request.link_id.empty() && !confirms_payment(delivery_.kind)) {
        const auto link = co_await obtain_link(context_, writes_.links, request, stop_);
        opening.link = link.made;
        request.link_id = link.link_id;
        request.link_url = link.url;
    }
    if (delivery_.frozen)
        co_return opening;
    // A new link is stored whatever happens now.
    MailBranding branding;
    try {
        if (!delivery_.plain)
            branding = co_await context_.db.run(store::read_mail_branding, delivery_.kind, request);
    } catch (...) {
        not_composed_ = std::current_exception();
    }
    if (not_composed_)
        co_return opening;
    store::FrozenMessage message;
    message.message_id = message_id(delivery_, profile_.message_id_domain);
    message.brand_version = request.brand_version;
    message.mail_account = delivery_.mail_account;
    if (!confirms_payment(delivery_.kind))
        message.link_id = request.link_id;
    try {
        message.bytes = compose_bytes(delivery_, branding, profile_, std::time(nullptr));
    } catch (...) {
        not_composed_ = std::current_exception();
    }
    if (!not_composed_)
        opening.message = std::move(message);
    opening.has_copies = delivery_.kind == DeliveryKind::request && !request.cc.empty();
    co_return opening;
}

}  // namespace paysync::payment_requests
