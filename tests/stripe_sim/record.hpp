// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stripe_sim {

/// One stored object: its text and the values that lists filter by.
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

}  // namespace stripe_sim
