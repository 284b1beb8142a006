// SPDX-License-Identifier: MIT
#include "tests/sim_base/read_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace sim_base {
namespace {

// An upper limit for times: no test waits longer, and the sum of two cannot overflow the clock.
constexpr std::uint64_t kMostMs = 86'400'000;

void must(bool fits, const std::string& key, const char* what) {
    if (!fits) {
        throw std::invalid_argument(fmt::format("'{}' must be {}", key, what));
    }
}

}  // namespace

std::uint64_t count_of(const std::string& key, const nlohmann::json& value) {
    must(value.is_number_unsigned(), key, "an integer from 0");
    return value.get<std::uint64_t>();
}

std::chrono::milliseconds time_of(const std::string& key, const nlohmann::json& value) {
    const std::uint64_t count = count_of(key, value);
    must(count <= kMostMs, key, "at most a day");
    return std::chrono::milliseconds(count);
}

std::string text_of(const std::string& key, const nlohmann::json& value) {
    must(value.is_string(), key, "a string");
    return value.get<std::string>();
}

bool yes_of(const std::string& key, const nlohmann::json& value) {
    must(value.is_boolean(), key, "true or false");
    return value.get<bool>();
}

void must_be_object(const std::string& key, const nlohmann::json& value) {
    must(value.is_object(), key, "an object");
}

void unknown(const std::string& key) {
    throw std::invalid_argument(fmt::format("unknown key '{}'", key));
}

}  // namespace sim_base
