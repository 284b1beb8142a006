// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/stripe/call_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of the calls that create payment links. A request has one unfinished call per account at
/// most. Its key has a number, so that each call has a key of its own: after a definite refusal the
/// next call has a new key and a new body. A call that stays unfinished, because the daemon died or
/// its request is over, is taken up again apart from its request: it may have made a link.
namespace paysync::payment_requests::store {

/// A link that somebody wants to make.
struct WantedLink {
    std::string request_id;
    std::string account_id;
    std::string path;
    std::string body;
};

/// A link that stands in the way of another one (`pay_private.unsettled_link`).
struct OldLink {
    std::string link_id;
    std::string account_id;
    bool active = false;
    bool unlimited = false;  ///< any number of people pay by it
    bool used = false;       ///< as LinkUse says; false if nobody has asked yet
    std::string charge_id;   ///< of a used link
};

/// What is to be done to get the link.
struct LinkStart {
    /// The request has its link already; nothing is to be done.
    std::string link_id;
    std::string url;
    /// These are to be settled first; no call was begun.
    std::vector<OldLink> old;
    /// The stored call. Nothing if the request wants no link (any more).
    std::optional<stripe::StoredCall> call;
    /// Somebody else made the link while this transaction looked; begin again.
    bool look_again = false;
    int refusals = 0;  ///< calls that Stripe refused since the last link
};

/// Looks for a link and for what stands in its way, and stores the call before it is sent. The
/// transaction must commit before anything is sent.
std::vector<LinkStart> begin_links(pqxx::work& tx, std::vector<WantedLink> wanted);

/// A call that was begun some time ago and has not ended.
struct UnfinishedCall {
    stripe::StoredCall call;
    std::string request_id;
};

/// Up to `limit` unfinished calls that are due. Each is due again after 10 minutes times the number
/// of tries, six hours at most.
std::vector<UnfinishedCall> claim_unfinished_calls(pqxx::work& tx, int limit);

/// A link in Stripe's list.
struct ListedLink {
    std::string link_id;
    std::string request_id;  ///< of its metadata
};

/// What a page of links says about the link that a call may have made.
struct LookedUpPage {
    std::string link_id;  ///< that is not known yet; empty if there is none on this page
    bool passed = false;  ///< the page has links that are older than the call
};

LookedUpPage look_up_link(pqxx::work& tx, std::string key, std::string request_id,
                          std::vector<ListedLink> page);

}  // namespace paysync::payment_requests::store
