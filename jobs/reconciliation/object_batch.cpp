// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/object_batch.hpp"

#include "jobs/stripe/json.hpp"

#include <algorithm>
#include <utility>

namespace paysync::reconciliation::store {

void ObjectBatch::add(const stripe::Object& object, const ResponseInfo& response) {
    auto identity = read(object, response);
    newest_ = std::max(newest_.value_or(identity.created), identity.created);
    ids_.push_back(std::move(identity.id));
}

void ObjectBatch::add_page(std::string_view body, const ResponseInfo& response) {
    auto page =
        stripe::read_page(body, [&](const stripe::Object& object) { add(object, response); });
    for (auto& rejected : page.rejected)
        refused_.push_back({std::move(rejected), &response});
}

void ObjectBatch::add_object(const std::string& id, const std::string& body,
                             const ResponseInfo& response) {
    const stripe::Document document(body);
    try {
        const auto object = document.root();
        if (object.text("id") != id)
            throw stripe::FieldError("id", "is not the one that was asked for");
        add(object, response);
    } catch (const stripe::FieldError& error) {
        refused_.push_back({{id, body, error.what()}, &response});
    }
}

}  // namespace paysync::reconciliation::store
