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

/// The parameters of a list call.
struct ListQuery {
    size_t limit = 10;
    std::string starting_after;
    std::string ending_before;
    TimeRange created;
    Filters equal;
    std::function<bool(const Record&)> accept;
};

/// The objects of one kind and one account, ordered by creation; lists run from new to old. Besides
/// stored records it may have computed objects. A computed object becomes a record when find()
/// returns it to be changed.
class Collection {
public:
    Record& add(Record record);
    /// Adds computed objects. Within the same second they are older than stored ones.
    void add_source(std::shared_ptr<const Source> source);
    /// The record, to be changed. A computed object is stored from now on.
    Record* find(const std::string& id);
    /// The object's text; nothing if there is none. Stores nothing.
    Text text(const std::string& id) const;
    /// Whether there is such an object, stored or computed.
    bool contains(const std::string& id) const;
    /// The number of all objects, stored and computed.
    size_t size() const;
    /// The number of records, including those that computed objects became.
    size_t stored() const { return by_id_.size(); }
    /// The number of computed objects that became records.
    size_t replaced() const;
    bool generated() const { return !lanes_.empty(); }
    /// Calls `visit` with every record: first those that computed objects became, then the others
    /// from old to new.
    void each(const std::function<void(Record&)>& visit);

    /// The page; nothing if the cursor is not an id of this collection.
    std::optional<Page> page(const ListQuery& query, int64_t now_ms) const;
    /// Sums by currency over all objects created in the range; `read` reads the stored ones.
    std::map<std::string, Numbers> sums(const TimeRange& range,
                                        const std::function<Numbers(const Record&)>& read) const;

private:
    friend class PageWalk;
    using Order = std::vector<std::unique_ptr<Record>>;
    /// The objects of one source without those that are stored by now.
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
