// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/ids.hpp"

namespace stripe_sim {

uint64_t mix(uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

uint64_t Ids::draw(const std::string& sequence) {
    uint64_t state = seed_;
    for (char c : sequence) {
        state = mix(state ^ static_cast<unsigned char>(c));
    }
    std::lock_guard lock(mutex_);
    return mix(state ^ ++counters_[sequence]);
}

std::string Ids::next(const std::string& prefix, size_t length) {
    constexpr const char* kDigits =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t state = draw(prefix);
    std::string id = prefix;
    for (size_t i = 0; i < length; ++i) {
        state = mix(state);
        id += kDigits[state % 62];
    }
    return id;
}

double Ids::chance(const std::string& sequence) {
    return static_cast<double>(draw(sequence) >> 11) * 0x1p-53;
}

}  // namespace stripe_sim
