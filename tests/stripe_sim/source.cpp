// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/source.hpp"

namespace stripe_sim {

void Numbers::add(const Numbers& other) {
    currency = other.currency;
    count += other.count;
    amount += other.amount;
    fee += other.fee;
    net += other.net;
    refunded += other.refunded;
    failed += other.failed;
}

const Source* Source::inlined(std::string_view) const {
    return nullptr;
}

Text Source::text(uint64_t position) const {
    std::string out;
    render(position, out);
    return std::make_shared<const std::string>(std::move(out));
}

}  // namespace stripe_sim
