// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/collection.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

bool before(const Record& a, const Record& b) {
    return a.created != b.created ? a.created < b.created : a.sequence < b.sequence;
}

bool wanted(const Record& record, const ListQuery& query, int64_t now_ms) {
    if (record.visible_ms > now_ms) {
        return false;
    }
    for (const auto& [name, value] : query.equal) {
        if (record.field(name) != value) {
            return false;
        }
    }
    return !query.accept || query.accept(record);
}

}  // namespace

std::string_view Record::field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
        if (name == key) {
            return value;
        }
    }
    return {};
}

void Record::set_field(const char* name, const std::string& value) {
    for (auto& [key, present] : fields) {
        if (std::string_view(name) == key) {
            present = value;
            return;
        }
    }
    fields.emplace_back(name, value);
}

Record& Collection::add(Record record) {
    record.sequence = next_sequence_++;
    auto owned = std::make_unique<Record>(std::move(record));
    Record& added = *owned;
    auto at = order_.end();
    if (!order_.empty() && before(added, *order_.back())) {
        at = std::upper_bound(order_.begin(), order_.end(), added,
                              [](const Record& a, const auto& b) { return before(a, *b); });
    }
    order_.insert(at, std::move(owned));
    by_id_.emplace(added.id, &added);
    return added;
}

Record* Collection::find(const std::string& id) {
    auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

const Record* Collection::find(const std::string& id) const {
    auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

void Collection::each(const std::function<void(Record&)>& visit) {
    for (auto& record : order_) {
        visit(*record);
    }
}

size_t Collection::position(const Record& record) const {
    auto at = std::lower_bound(order_.begin(), order_.end(), record,
                               [](const auto& a, const Record& b) { return before(*a, b); });
    return static_cast<size_t>(at - order_.begin());
}

std::optional<Page> Collection::page(const ListQuery& query, int64_t now_ms) const {
    auto by_created = [](const auto& record, int64_t created) { return record->created < created; };
    auto first = static_cast<size_t>(
        std::lower_bound(order_.begin(), order_.end(), query.created.from, by_created) -
        order_.begin());
    size_t end = order_.size();
    if (query.created.to != INT64_MAX) {
        end = static_cast<size_t>(
            std::lower_bound(order_.begin(), order_.end(), query.created.to + 1, by_created) -
            order_.begin());
    }
    const std::string& cursor =
        query.ending_before.empty() ? query.starting_after : query.ending_before;
    if (!cursor.empty()) {
        const Record* at = find(cursor);
        if (at == nullptr) {
            return std::nullopt;
        }
        if (query.ending_before.empty()) {
            end = std::min(end, position(*at));
        } else {
            first = std::max(first, position(*at) + 1);
        }
    }
    Page page;
    auto take = [&](const Record& record) {
        if (!wanted(record, query, now_ms)) {
            return true;
        }
        page.has_more = page.items.size() == query.limit;
        if (!page.has_more) {
            page.items.push_back(record.text);
        }
        return !page.has_more;
    };
    if (query.ending_before.empty()) {
        for (size_t i = end; i > first && take(*order_[i - 1]); --i) {
        }
    } else {
        for (size_t i = first; i < end && take(*order_[i]); ++i) {
        }
        std::reverse(page.items.begin(), page.items.end());
    }
    return page;
}

}  // namespace stripe_sim
