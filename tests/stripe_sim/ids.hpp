// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace stripe_sim {

/// A bijection that spreads the value over all 64 bits.
uint64_t mix(uint64_t value);

/// Makes ids and random numbers from a seed: the n-th id of a prefix is the same in every run.
class Ids {
public:
    explicit Ids(uint64_t seed) : seed_(seed) {}

    /// The prefix, then `length` letters and digits.
    std::string next(const std::string& prefix, size_t length = 16);
    /// A random number in [0, 1), from the sequence of this name.
    double chance(const std::string& sequence);

private:
    uint64_t draw(const std::string& sequence);

    std::mutex mutex_;
    uint64_t seed_;
    std::map<std::string, uint64_t> counters_;
};

}  // namespace stripe_sim
