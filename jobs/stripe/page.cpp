// SPDX-License-Identifier: MIT
#include "jobs/stripe/page.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace paysync::stripe {

namespace {

std::string id_or_empty(const Object& item) noexcept {
    try {
        return item.text("id");
    } catch (const std::exception&) {
        return {};
    }
}

}  // namespace

PageFrame read_page(std::string_view body, const std::function<void(const Object&)>& read_item) {
    PageFrame page;
    const auto each = [&](const std::optional<Object>& item, std::string_view raw) {
        std::string id;
        try {
            if (!item)
                throw FieldError("", "is not an object");
            id = id_or_empty(*item);
            read_item(*item);
        } catch (const FieldError& error) {
            page.rejected.push_back({id, std::string(raw), error.what()});
        }
        if (!id.empty())
            page.last_id = std::move(id);
    };
    const Document document(body);
    const Object list = document.root("data", each);
    list.expect_type("list");
    list.expect_array("data");
    page.has_more = list.flag("has_more");
    return page;
}

}  // namespace paysync::stripe
