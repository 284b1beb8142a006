// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stripe_sim {

/// One stored object: its text and what lists filter by.
struct Record {
    std::string id;
    int64_t created = 0;
    uint64_t sequence = 0;
    /// Lists leave the record out before this virtual millisecond.
    int64_t visible_ms = 0;
    Text text;
    std::vector<std::pair<const char*, std::string>> fields;

    std::string_view field(std::string_view name) const;
    void set_field(const char* name, const std::string& value);
    Json json() const { return Json::parse(*text); }
};

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
    std::vector<std::pair<std::string, std::string>> equal;
    std::function<bool(const Record&)> accept;
};

struct Page {
    std::vector<Text> items;
    bool has_more = false;
};

/// The objects of one kind and one account, by creation; lists run from new to old.
class Collection {
public:
    Record& add(Record record);
    Record* find(const std::string& id);
    const Record* find(const std::string& id) const;
    size_t size() const { return order_.size(); }
    /// Calls with every record, oldest first.
    void each(const std::function<void(Record&)>& visit);

    /// The page; nothing if the cursor is no id of this collection.
    std::optional<Page> page(const ListQuery& query, int64_t now_ms) const;

private:
    using Order = std::vector<std::unique_ptr<Record>>;

    size_t position(const Record& record) const;

    Order order_;
    std::unordered_map<std::string_view, Record*> by_id_;
    uint64_t next_sequence_ = 0;
};

}  // namespace stripe_sim
