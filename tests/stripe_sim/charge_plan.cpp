// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/charge_plan.hpp"

#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/ids.hpp"

#include <algorithm>
#include <cmath>

namespace stripe_sim {
namespace {

constexpr int64_t kDefaultSeconds = 365 * 24 * 3600;

double share(const Json& json, const char* name) {
    Json value = json.value(name, Json(0));
    double number = value.is_number() ? value.get<double>() : -1;
    if (!(number >= 0 && number <= 1)) {
        throw parameter_invalid("", name, "Must be a share between 0 and 1.");
    }
    return number;
}

int64_t whole(const Json& json, const char* name, int64_t fallback, int64_t least, int64_t most) {
    int64_t value = json.contains(name) ? int_of(json, name, INT64_MIN) : fallback;
    if (value < least || value > most) {
        throw parameter_invalid("parameter_invalid_integer", name,
                                "Must be an integer from " + std::to_string(least) + " to " +
                                    std::to_string(most) + ".");
    }
    return value;
}

}  // namespace

ChargeShape ChargeShape::from_json(const Json& json, int64_t now) {
    ChargeShape shape;
    shape.count = whole(json, "charges", 0, 0, kMost);
    shape.to = whole(json, "to", now, 1, now);
    shape.from = whole(json, "from", std::max<int64_t>(0, shape.to - kDefaultSeconds), 0, shape.to);
    shape.refunded = share(json, "refunded");
    shape.failed = share(json, "failed");
    shape.disputed = share(json, "disputed");
    shape.amount_min = whole(json, "amount_min", shape.amount_min, 2, kLargestAmount);
    shape.amount_max = whole(json, "amount_max", std::max(shape.amount_max, shape.amount_min),
                             shape.amount_min, kLargestAmount);
    return shape;
}

Spread::Spread(uint64_t all, double share, uint64_t key)
    : all_(all),
      picked_(static_cast<uint64_t>(std::llround(static_cast<double>(all) * share))),
      key_(key) {}

uint64_t Spread::at(uint64_t rank) const {
    return draw(rank, rank * all_ / picked_, end(rank));
}

uint64_t Spread::draw(uint64_t rank, uint64_t first, uint64_t last) const {
    return first + ((mix(key_ ^ rank) >> 32) * (last - first) >> 32);
}

std::optional<uint64_t> Spread::rank(uint64_t number) const {
    if (picked_ == 0 || number >= all_) {
        return std::nullopt;
    }
    // A division is the expensive part, and every charge needs several.
    uint64_t rank = number * picked_ / all_;
    uint64_t last = end(rank);
    uint64_t first = last;
    if (last <= number) {
        last = end(++rank);
    } else {
        first = rank * all_ / picked_;
    }
    return draw(rank, first, last) == number ? std::optional<uint64_t>(rank) : std::nullopt;
}

ChargePlan::ChargePlan(const ChargeShape& shape, uint64_t key)
    : count_(static_cast<uint64_t>(shape.count)),
      key_(key),
      from_(shape.from),
      span_(static_cast<uint64_t>(shape.to - shape.from) + 1),
      amount_min_(shape.amount_min),
      amount_span_(static_cast<uint64_t>(shape.amount_max - shape.amount_min) + 1),
      failures_(count_, shape.failed, mix(key + 1)),
      refunds_(count_, shape.refunded, mix(key + 2)),
      disputes_(count_, shape.disputed, mix(key + 3)) {}

int64_t ChargePlan::created(uint64_t charge) const {
    uint64_t jitter = (mix(key_ ^ charge) >> 32) * span_ >> 32;
    return from_ + static_cast<int64_t>((charge * span_ + jitter) / count_);
}

int64_t ChargePlan::amount(uint64_t charge) const {
    uint64_t drawn = mix(~key_ ^ charge);
    // The product of two random numbers makes small amounts more frequent.
    uint64_t skewed = (drawn >> 32) * (drawn & UINT32_MAX) >> 32;
    return amount_min_ + static_cast<int64_t>(skewed * amount_span_ >> 32);
}

Fate ChargePlan::fate(uint64_t charge) const {
    if (failures_.rank(charge)) {
        return Fate::kFailed;
    }
    if (disputes_.rank(charge)) {
        return Fate::kDisputed;
    }
    if (!refunds_.rank(charge)) {
        return Fate::kPaid;
    }
    return (mix(key_ + charge) & 1) == 0 ? Fate::kRefunded : Fate::kPartlyRefunded;
}

int64_t ChargePlan::created_after(const Spread& spread, uint64_t rank) const {
    // The end of the pick's interval: not before the charge, increasing with the rank, not after
    // `to`.
    return from_ + static_cast<int64_t>(std::min(spread.end(rank) * span_ / count_, span_ - 1));
}

}  // namespace stripe_sim
