// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <optional>

namespace stripe_sim {

/// The properties of generated charges, as a script describes them.
struct ChargeShape {
    static constexpr int64_t kMost = 1'000'000'000;

    int64_t count = 0;
    /// The first and the last second of creation.
    int64_t from = 0;
    int64_t to = 0;
    /// Shares of all charges, from 0 to 1.
    double refunded = 0;
    double failed = 0;
    double disputed = 0;
    int64_t amount_min = 100;
    int64_t amount_max = 50000;

    /// Reads the members of these names. Throws ApiError. `now` is the default of `to`.
    static ChargeShape from_json(const Json& json, int64_t now);
};

/// Picks `picked` of `all` numbers, spread evenly and drawn by a key: a monotone function and its
/// inverse. So the n-th refund of a million charges is known without a list.
class Spread {
public:
    Spread(uint64_t all, double share, uint64_t key);

    uint64_t picked() const { return picked_; }
    /// The number of the pick with this rank.
    uint64_t at(uint64_t rank) const;
    /// The end of the interval of numbers from which the pick is drawn.
    uint64_t end(uint64_t rank) const { return (rank + 1) * all_ / picked_; }
    /// The rank of this number; nothing if it was not picked.
    std::optional<uint64_t> rank(uint64_t number) const;

private:
    uint64_t draw(uint64_t rank, uint64_t first, uint64_t last) const;

    uint64_t all_;
    uint64_t picked_;
    uint64_t key_;
};

enum class Fate : uint8_t { kPaid, kFailed, kRefunded, kPartlyRefunded, kDisputed, kCount };

/// The fate of each of many charges, as a pure function of the key and the charge's number.
class ChargePlan {
public:
    ChargePlan(const ChargeShape& shape, uint64_t key);

    uint64_t count() const { return count_; }
    int64_t created(uint64_t charge) const;
    int64_t amount(uint64_t charge) const;
    Fate fate(uint64_t charge) const;
    const Spread& failures() const { return failures_; }
    const Spread& refunds() const { return refunds_; }
    const Spread& disputes() const { return disputes_; }
    /// When the refund or dispute of a picked charge is created.
    int64_t created_after(const Spread& spread, uint64_t rank) const;

private:
    uint64_t count_;
    uint64_t key_;
    int64_t from_;
    uint64_t span_;
    int64_t amount_min_;
    uint64_t amount_span_;
    Spread failures_;
    Spread refunds_;
    Spread disputes_;
};

}  // namespace stripe_sim
