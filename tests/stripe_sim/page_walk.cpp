// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/page_walk.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

/// The first position in [first, end) whose object was created at `time` or later.
template <typename Created>
uint64_t first_since(uint64_t first, uint64_t end, int64_t time, Created created) {
    while (first < end) {
        uint64_t middle = first + (end - first) / 2;
        if (created(middle) < time) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

}  // namespace

PageWalk::PageWalk(const Collection& collection, const ListQuery& query, int64_t now_ms)
    : collection_(collection),
      query_(query),
      now_ms_(now_ms),
      backwards_(!query.ending_before.empty()) {
    find_cursor();
    stored_ = {0, collection.order_.size(), 0};
    bound(
        stored_, [&](uint64_t i) { return created_at(kStored, i); }, kStored);
    for (size_t lane = 0; lane < collection.lanes_.size(); ++lane) {
        auto positions = collection.lanes_[lane].source->narrow(query.equal);
        Span& span = spans_.emplace_back(Span{positions.first, positions.end, 0});
        bound(
            span, [&](uint64_t i) { return created_at(lane, i); }, lane);
    }
}

int64_t PageWalk::created_at(size_t lane, uint64_t position) const {
    return lane == kStored ? collection_.order_[position]->created
                           : collection_.lanes_[lane].source->created(position);
}

void PageWalk::find_cursor() {
    const std::string& id = backwards_ ? query_.ending_before : query_.starting_after;
    if (id.empty()) {
        return;
    }
    has_cursor_ = true;
    if (auto place = collection_.place(id)) {
        cursor_lane_ = place->lane;
        cursor_position_ = place->position;
    } else {
        const Record& record = *collection_.by_id_.at(id);
        auto at = std::lower_bound(collection_.order_.begin(), collection_.order_.end(), record,
                                   [](const auto& a, const Record& b) {
                                       return a->created != b.created ? a->created < b.created
                                                                      : a->sequence < b.sequence;
                                   });
        cursor_position_ = static_cast<uint64_t>(at - collection_.order_.begin());
    }
    cursor_created_ = created_at(cursor_lane_, cursor_position_);
}

template <typename Created>
void PageWalk::bound(Span& span, Created created, size_t lane) const {
    if (query_.created.from != INT64_MIN) {
        span.first = first_since(span.first, span.end, query_.created.from, created);
    }
    if (query_.created.to != INT64_MAX) {
        span.end = first_since(span.first, span.end, query_.created.to + 1, created);
    }
    if (!has_cursor_) {
        return;
    }
    // Within one second, later lanes are newer, and stored records are the newest.
    uint64_t older_end = cursor_position_;
    uint64_t newer_first = cursor_position_ + 1;
    if (lane != cursor_lane_) {
        int64_t time = lane > cursor_lane_ ? cursor_created_ : cursor_created_ + 1;
        older_end = newer_first = first_since(span.first, span.end, time, created);
    }
    if (backwards_) {
        span.first = std::max(span.first, newer_first);
    } else {
        span.end = std::min(span.end, older_end);
    }
}

void PageWalk::look_ahead(size_t lane, Span& span) const {
    if (!span.empty()) {
        span.next_created = created_at(lane, backwards_ ? span.first : span.end - 1);
    }
}

std::optional<size_t> PageWalk::next_lane() const {
    std::optional<size_t> best;
    int64_t best_created = 0;
    auto offer = [&](size_t lane, const Span& span) {
        if (span.empty()) {
            return;
        }
        int64_t created = span.next_created;
        // Lanes are ordered by age within a second, so of equal ones the last is the newest.
        if (!best || (backwards_ ? created < best_created : created >= best_created)) {
            best = lane;
            best_created = created;
        }
    };
    for (size_t lane = 0; lane < spans_.size(); ++lane) {
        offer(lane, spans_[lane]);
    }
    offer(kStored, stored_);
    return best;
}

bool PageWalk::wanted(const Record& record) const {
    if (record.visible_ms > now_ms_) {
        return false;
    }
    for (const auto& [name, value] : query_.equal) {
        if (record.field(name) != value) {
            return false;
        }
    }
    return !query_.accept || query_.accept(record);
}

void PageWalk::take(size_t lane, uint64_t position, Page& page) const {
    const Record* record = nullptr;
    const Source* source = nullptr;
    if (lane == kStored) {
        record = collection_.order_[position].get();
    } else {
        const auto& replaced = collection_.lanes_[lane].replaced;
        source = collection_.lanes_[lane].source.get();
        auto found = replaced.empty() ? replaced.end() : replaced.find(position);
        record = found == replaced.end() ? nullptr : found->second.get();
    }
    bool fits = record != nullptr
                    ? wanted(*record)
                    : source->exists(position) &&
                          (query_.equal.empty() || source->matches(position, query_.equal)) &&
                          (!query_.accept || query_.accept(source->record(position, false)));
    if (!fits) {
        return;
    }
    page.has_more = page.items.size() == query_.limit;
    if (page.has_more) {
        return;
    }
    if (record != nullptr) {
        page.items.emplace_back(record->text);
    } else {
        page.items.emplace_back(*source, position);
    }
}

Page PageWalk::collect() {
    Page page;
    page.items.reserve(query_.limit);
    for (const auto& lane : collection_.lanes_) {
        page.sources.push_back(lane.source);
    }
    look_ahead(kStored, stored_);
    for (size_t lane = 0; lane < spans_.size(); ++lane) {
        look_ahead(lane, spans_[lane]);
    }
    while (!page.has_more) {
        auto lane = next_lane();
        if (!lane) {
            break;
        }
        Span& span = *lane == kStored ? stored_ : spans_[*lane];
        take(*lane, backwards_ ? span.first++ : --span.end, page);
        look_ahead(*lane, span);
    }
    if (backwards_) {
        std::reverse(page.items.begin(), page.items.end());
    }
    return page;
}

void PageWalk::each(const std::function<void(const Record&)>& stored,
                    const std::function<void(const Source&, uint64_t)>& computed) const {
    for (uint64_t i = stored_.first; i < stored_.end; ++i) {
        stored(*collection_.order_[i]);
    }
    for (size_t lane = 0; lane < spans_.size(); ++lane) {
        const auto& [source, replaced] = collection_.lanes_[lane];
        for (uint64_t i = spans_[lane].first; i < spans_[lane].end; ++i) {
            auto found = replaced.empty() ? replaced.end() : replaced.find(i);
            if (found != replaced.end()) {
                stored(*found->second);
            } else if (source->exists(i)) {
                computed(*source, i);
            }
        }
    }
}

}  // namespace stripe_sim
