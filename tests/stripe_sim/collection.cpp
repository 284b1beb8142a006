// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/collection.hpp"

#include "tests/stripe_sim/page_walk.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

bool before(const Record& a, const Record& b) {
    return a.created != b.created ? a.created < b.created : a.sequence < b.sequence;
}

}  // namespace

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

void Collection::add_source(std::shared_ptr<const Source> source) {
    lanes_.push_back({std::move(source), {}});
}

std::optional<Collection::Place> Collection::place(const std::string& id) const {
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
        if (auto position = lanes_[lane].source->find(id)) {
            return Place{lane, *position};
        }
    }
    return std::nullopt;
}

Record* Collection::find(const std::string& id) {
    auto found = by_id_.find(id);
    if (found != by_id_.end()) {
        return found->second;
    }
    auto computed = place(id);
    if (!computed) {
        return nullptr;
    }
    Lane& lane = lanes_[computed->lane];
    auto owned = std::make_unique<Record>(lane.source->record(computed->position, true));
    Record* record = owned.get();
    lane.replaced.emplace(computed->position, std::move(owned));
    by_id_.emplace(record->id, record);
    return record;
}

Text Collection::text(const std::string& id) const {
    auto found = by_id_.find(id);
    if (found != by_id_.end()) {
        return found->second->text;
    }
    auto computed = place(id);
    return computed ? lanes_[computed->lane].source->text(computed->position) : nullptr;
}

bool Collection::contains(const std::string& id) const {
    return by_id_.contains(id) || place(id);
}

size_t Collection::size() const {
    size_t total = order_.size();
    for (const Lane& lane : lanes_) {
        total += lane.source->count();
    }
    return total;
}

size_t Collection::replaced() const {
    return by_id_.size() - order_.size();
}

void Collection::each(const std::function<void(Record&)>& visit) {
    for (Lane& lane : lanes_) {
        std::map<uint64_t, Record*> in_order;
        for (auto& [position, record] : lane.replaced) {
            in_order.emplace(position, record.get());
        }
        for (auto& [position, record] : in_order) {
            visit(*record);
        }
    }
    for (auto& record : order_) {
        visit(*record);
    }
}

std::optional<Page> Collection::page(const ListQuery& query, int64_t now_ms) const {
    const std::string& cursor =
        query.ending_before.empty() ? query.starting_after : query.ending_before;
    if (!cursor.empty() && !contains(cursor)) {
        return std::nullopt;
    }
    return PageWalk(*this, query, now_ms).collect();
}

std::map<std::string, Numbers> Collection::sums(
    const TimeRange& range, const std::function<Numbers(const Record&)>& read) const {
    std::map<std::string, Numbers> out;
    ListQuery query;
    query.created = range;
    Numbers computed;
    auto add = [&](const Numbers& numbers) { out[numbers.currency].add(numbers); };
    PageWalk(*this, query, 0)
        .each([&](const Record& record) { add(read(record)); },
              [&](const Source& source, uint64_t position) {
                  Numbers numbers = source.numbers(position);
                  if (numbers.currency != computed.currency) {
                      if (computed.count > 0) {
                          add(computed);
                      }
                      computed = {};
                  }
                  computed.add(numbers);
              });
    if (computed.count > 0) {
        add(computed);
    }
    return out;
}

}  // namespace stripe_sim
