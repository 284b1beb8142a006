// SPDX-License-Identifier: MIT
#include "jobs/stripe/paged_list.hpp"

#include "jobs/stripe/error.hpp"
#include "jobs/stripe/json.hpp"

#include <utility>

namespace paysync::stripe {

namespace {

PageOutline outline_of(const Reply& reply, const std::string& cursor) {
    try {
        auto outline = outline_page(reply.body);
        if (outline.has_more && outline.last_id == cursor)
            throw FieldError("data", "ends with the object that it was asked to follow");
        return outline;
    } catch (const FieldError& error) {
        throw FieldError("", "a page of the list cannot be read: " + std::string(error.what()) +
                                 " [" + reply.request_id + "]");
    }
}

}  // namespace

PagedList::PagedList(Client& client, Query query, Priority priority, std::stop_token stop)
    : client_(client), query_(std::move(query)), priority_(priority), stop_(std::move(stop)) {}

Task<std::optional<FetchedPage>> PagedList::next() {
    if (at_end_)
        co_return std::nullopt;
    FetchedPage page;
    page.reply = co_await client_.get(path_and_query(), query_.account, priority_, stop_);
    page.outline = outline_of(page.reply, cursor_);
    at_end_ = !page.outline.has_more;
    if (!page.outline.last_id.empty())
        cursor_ = page.outline.last_id;
    co_return std::move(page);
}

void PagedList::restart() {
    cursor_.clear();
    at_end_ = false;
}

bool PagedList::is_cursor_gone(const Error& error) const noexcept {
    return !cursor_.empty() &&
           (error.kind() == Error::Kind::not_found || error.code() == "resource_missing");
}

std::string PagedList::path_and_query() const {
    Form form = query_.filter;
    form.add("limit", query_.limit);
    if (!query_.expand.empty())
        form.add("expand[]", "data." + query_.expand);
    if (!cursor_.empty())
        form.add("starting_after", cursor_);
    return query(query_.path, form);
}

}  // namespace paysync::stripe
