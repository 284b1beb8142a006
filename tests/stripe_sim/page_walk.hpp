// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/collection.hpp"

namespace stripe_sim {

/// Walks over the part of a collection that a query may show: its records and its sources merged in
/// the order of creation. Finds the ends of the range by bisection.
class PageWalk {
public:
    /// The cursor of the query, if there is one, must be known to the collection.
    PageWalk(const Collection& collection, const ListQuery& query, int64_t now_ms);

    /// Collects the page, from the query's end of the range.
    Page collect();
    /// Calls the functions with everything in the range, in no particular order.
    void each(const std::function<void(const Record&)>& stored,
              const std::function<void(const Source&, uint64_t)>& computed) const;

private:
    struct Span {
        uint64_t first = 0;
        uint64_t end = 0;
        /// The creation time of the lane's next object.
        int64_t next_created = 0;
        bool empty() const { return first >= end; }
    };
    static constexpr size_t kStored = SIZE_MAX;

    template <typename Created>
    void bound(Span& span, Created created, size_t lane) const;
    void find_cursor();
    int64_t created_at(size_t lane, uint64_t position) const;
    void look_ahead(size_t lane, Span& span) const;
    /// The lane whose next object is the newest (or, backwards, the oldest); nothing at the end.
    std::optional<size_t> next_lane() const;
    bool wanted(const Record& record) const;
    void take(size_t lane, uint64_t position, Page& page) const;

    const Collection& collection_;
    const ListQuery& query_;
    int64_t now_ms_;
    bool backwards_;
    /// The place of the cursor: its second, lane and position.
    bool has_cursor_ = false;
    int64_t cursor_created_ = 0;
    size_t cursor_lane_ = kStored;
    uint64_t cursor_position_ = 0;
    Span stored_;
    std::vector<Span> spans_;
};

}  // namespace stripe_sim
