// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/page_outline.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace paysync::stripe {

/// A page as it came, and its outline.
struct FetchedPage {
    Reply reply;
    PageOutline outline;
};

/// All pages of one Stripe list (API v1) by cursor, newest object first, one request after the
/// other:
///
///     stripe::PagedList list(context.stripe, {.path = "/v1/payment_links", .account = "acct_1"},
///                            stripe::Priority::interactive, stop);
///     while (const auto page = co_await list.next())
///         use(page->reply.body);
///
/// A cursor is the id of the last object received; Stripe sends what was created before it. Objects
/// that appear at the newest end meanwhile are not part of the walk.
///
/// Every walk through a list uses this class, so that they all have the same answer to a list that
/// cannot be continued: next() throws instead of asking for the same page for ever or taking a part
/// for the whole.
class PagedList {
public:
    struct Query {
        std::string path;     ///< "/v1/charges"
        Form filter;          ///< such as created[gte]; not limit, expand and starting_after
        std::string account;  ///< the connected account to act as; empty: the platform's own
        std::string expand;   ///< a field of the listed objects, such as "balance_transaction"
        int limit = 100;      ///< objects per page, Stripe takes 1 to 100
    };

    PagedList(Client& client, Query query, Priority priority, std::stop_token stop);

    /// Fetches the next page; nothing after the last one. An empty list has one empty page.
    ///
    /// Throws Error and Cancelled as Client::get() does; the same page can then be asked for again.
    /// Throws FieldError, with Stripe's request id in its text, when the answer is not a page of a
    /// list or cannot be continued: it has more pages behind it, but no object with an id, or ends
    /// with the object that it was asked to follow.
    Task<std::optional<FetchedPage>> next();

    /// The id of the last object received; empty before the first page.
    const std::string& cursor() const noexcept { return cursor_; }

    /// Continues behind this object, for a walk that an earlier process began.
    void continue_after(std::string cursor) { cursor_ = std::move(cursor); }

    /// Begins again with the newest object. For a cursor that is gone.
    void restart();

    /// Whether next() threw `error` because the cursor's object does not exist at Stripe any more.
    bool is_cursor_gone(const Error& error) const noexcept;

    /// Applies to the next page and those behind it; the cursor stays. For a walk that hands an
    /// older part of its time range to another one.
    void set_filter(Form filter) { query_.filter = std::move(filter); }

private:
    std::string path_and_query() const;

    Client& client_;
    Query query_;
    Priority priority_;
    std::stop_token stop_;
    std::string cursor_;
    bool at_end_ = false;
};

}  // namespace paysync::stripe
