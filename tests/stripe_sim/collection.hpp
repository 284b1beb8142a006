// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/page.hpp"
#include "tests/stripe_sim/record.hpp"
#include "tests/stripe_sim/source.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stripe_sim {

struct TimeRange {
    int64_t from = INT64_MIN;
    int64_t to = INT64_MAX;
};

/// What one list call asks for.
struct ListQuery {
    size_t limit = 10;
    std::string starting_after;
    std::string ending_before;
    TimeRange created;
    Filters equal;
    std::function<bool(const Record&)> accept;
};

/// The objects of one kind and one account, by creation; lists run from new to old. Besides the
/// stored records there may be computed ones: they become records when one is found to be changed.
class Collection {
public:
    Record& add(Record record);
    /// Adds computed objects; of the same second they are older than stored ones.
    void add_source(std::shared_ptr<const Source> source);
    /// The record, to be changed: a computed object is stored from now on.
    Record* find(const std::string& id);
    /// The object's text; nothing if there is none. Stores nothing.
    Text text(const std::string& id) const;
    /// Whether there is such an object, stored or computed.
    bool contains(const std::string& id) const;
    /// All objects, computed ones as well.
    size_t size() const;
    /// The records, among them those that computed objects became.
    size_t stored() const { return by_id_.size(); }
    /// The computed objects that became records.
    size_t replaced() const;
    bool generated() const { return !lanes_.empty(); }
    /// Calls with every record, those that computed objects became first, otherwise oldest first.
    void each(const std::function<void(Record&)>& visit);

    /// The page; nothing if the cursor is no id of this collection.
    std::optional<Page> page(const ListQuery& query, int64_t now_ms) const;
    /// Sums by currency over all objects that were created in the range; stored ones are read by
    /// `read`.
    std::map<std::string, Numbers> sums(const TimeRange& range,
                                        const std::function<Numbers(const Record&)>& read) const;

private:
    friend class PageWalk;
    using Order = std::vector<std::unique_ptr<Record>>;
    /// The objects of one source, less those that are stored by now.
    struct Lane {
        std::shared_ptr<const Source> source;
        std::unordered_map<uint64_t, std::unique_ptr<Record>> replaced;
    };
    struct Place {
        size_t lane;
        uint64_t position;
    };

    std::optional<Place> place(const std::string& id) const;

    Order order_;
    std::unordered_map<std::string_view, Record*> by_id_;
    uint64_t next_sequence_ = 0;
    std::vector<Lane> lanes_;
};

}  // namespace stripe_sim
