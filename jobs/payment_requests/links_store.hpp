// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/stripe/call_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of payment links: new ones, unwanted ones that are still active, and missing ones.
///
/// A request has at most one wanted link. A link that Stripe has made is never forgotten: if its
/// request is over or has another link, it is recorded as unwanted (`wanted_active = false`), and
/// LinksJob deactivates it. As long as a link of a request is unsettled
/// (`pay_private.unsettled_link`: on, or off and perhaps paid), no other link of the request is
/// made.
namespace paysync::payment_requests::store {

/// A payment link that Stripe has just made, and the end of the call that made it.
struct NewLink {
    std::string request_id;
    std::string link_id;
    std::string url;
    std::string account_id;
    std::int64_t amount = 0;  ///< that it asks for, minor units
    bool livemode = false;
    stripe::EndedCall call;
};

/// Records new links and the ends of their calls. The caller has locked the requests. A link that
/// its request does not want (it is over, another amount is due, it has another link) is recorded
/// as unwanted.
void record_links(pqxx::work& tx, const std::vector<NewLink>& links);

/// Records a link that was made without a message. Returns whether the request wants it.
bool record_replacement_link(pqxx::work& tx, NewLink link);

/// Says in `link_problem` why the request has no link that can be paid; cleared by the next link.
void note_link_problem(pqxx::work& tx, std::string request_id, std::string words);

/// As note_link_problem(), for a request of claim_link_work(); tried again after `seconds`.
void postpone_link(pqxx::work& tx, std::string request_id, std::string words, double seconds);

/// A link that is active at Stripe and should not be.
struct UnwantedLink {
    std::string link_id;
    std::string account_id;
    std::string reason;
    int attempt = 1;
    bool unlimited = false;  ///< any number of people pay by it
    std::string company;
};

/// A wanted link that may be off or used up at Stripe.
struct DoubtfulLink {
    std::string link_id;
    std::string account_id;
    std::string request_id;
    std::string company;
};

/// Work of LinksJob, claimed in turns among companies.
struct LinkWork {
    std::vector<UnwantedLink> unwanted;
    std::vector<DoubtfulLink> doubtful;
    std::vector<Request> missing;  ///< requests that want a link without a message
    std::string last_company;      ///< the next claim begins after it
    bool more = false;             ///< nothing was found, but companies are left: claim again

    bool empty() const { return unwanted.empty() && doubtful.empty() && missing.empty(); }
};

/// Up to `limit` pieces of work, none of `busy` companies. The same one
/// is not returned again for `seconds` (unwanted links: times the number of attempts, an hour at
/// most; a day if the account is not ours any more).
LinkWork claim_link_work(pqxx::work& tx, int limit, std::string last_company,
                         std::vector<std::string> busy, double seconds);

/// The result of one batch of expiring requests.
struct ExpiredBatch {
    int expired = 0;
    std::string last_company;
    bool more = false;
};

/// Closes up to `limit` requests whose `expires_at` has passed, in turns among companies.
ExpiredBatch expire_requests(pqxx::work& tx, int limit, std::string last_company);

/// One batch of what follows from a change in pieces (pay_private.follow_up). Returns false if
/// there is none.
bool do_follow_up(pqxx::work& tx, int at_once);

/// Stripe has shown the link as inactive.
void record_link_inactive(pqxx::work& tx, std::string link_id);

/// The same for a wanted link, which its owner deactivated: its request gets another one.
void record_link_lost(pqxx::work& tx, std::string link_id);

/// A wanted link is given up; LinksJob, or whoever makes the next one, switches it off.
void give_up_link(pqxx::work& tx, std::string link_id, std::string reason);

/// Stripe has shown the wanted link as active and unpaid.
void record_link_sound(pqxx::work& tx, std::string link_id);

/// Stripe answered 404 for the link. Returns true if it did so before, at least 30 s ago: then it
/// is recorded as inactive.
bool record_link_missing(pqxx::work& tx, std::string link_id);

/// Whether nobody can switch the link off, because its account is not connected to the platform any
/// more. It is then not waited for.
bool record_link_unreachable(pqxx::work& tx, std::string link_id);

/// What Stripe said about the checkout sessions of a link that is off.
struct LinkUse {
    std::string link_id;
    bool used = false;      ///< somebody has paid by it, or a payment is under way
    std::string charge_id;  ///< that payment; empty while Stripe does not show it
};

/// Records it. Returns whether the link is still unsettled: the payment has not been read yet, or
/// is pending.
bool record_link_use(pqxx::work& tx, LinkUse use);

/// Makes all streams of the account due now, because somebody has paid there.
void make_streams_due(pqxx::work& tx, std::string account_id);

}  // namespace paysync::payment_requests::store
