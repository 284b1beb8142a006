// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stripe_sim {

/// Members that must have these values.
using Filters = std::vector<std::pair<std::string, std::string>>;

/// Totals over objects.
struct Numbers {
    std::string currency;
    int64_t count = 0;
    int64_t amount = 0;
    int64_t fee = 0;
    int64_t net = 0;
    int64_t refunded = 0;
    int64_t failed = 0;

    void add(const Numbers& other);
};

/// A set of computed objects. Each has a position, from old to new, and is a pure function of it;
/// nothing is stored. Any thread may call.
class Source {
public:
    struct Positions {
        uint64_t first = 0;
        uint64_t end = 0;
    };

    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    /// The number of positions.
    virtual uint64_t size() const = 0;
    /// The number of positions that have an object.
    virtual uint64_t count() const = 0;
    virtual bool exists(uint64_t position) const = 0;
    /// A Unix second that never decreases from one position to the next.
    virtual int64_t created(uint64_t position) const = 0;
    /// The position of the object; nothing if the id does not belong to this source.
    virtual std::optional<uint64_t> find(std::string_view id) const = 0;
    /// The positions at which objects with these values can be.
    virtual Positions narrow(const Filters& filters) const = 0;
    virtual bool matches(uint64_t position, const Filters& filters) const = 0;
    /// Appends the object's text.
    virtual void render(uint64_t position, std::string& out) const = 0;
    /// The object with all members of a stored one, and with its text only if wanted.
    virtual Record record(uint64_t position, bool with_text) const = 0;
    virtual Numbers numbers(uint64_t position) const = 0;
    /// The same objects, with this member replaced by the object that it names; nothing if the
    /// member is unknown.
    virtual const Source* inlined(std::string_view member) const;
    Text text(uint64_t position) const;
};

}  // namespace stripe_sim
