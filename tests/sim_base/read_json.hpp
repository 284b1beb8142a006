// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace sim_base {

// Readers of the JSON that scripts send to a control port. Each throws std::invalid_argument that
// names the key.

/// An integer from 0.
std::uint64_t count_of(const std::string& key, const nlohmann::json& value);
/// Milliseconds, at most one day.
std::chrono::milliseconds time_of(const std::string& key, const nlohmann::json& value);
std::string text_of(const std::string& key, const nlohmann::json& value);
bool yes_of(const std::string& key, const nlohmann::json& value);
void must_be_object(const std::string& key, const nlohmann::json& value);
[[noreturn]] void unknown(const std::string& key);

}  // namespace sim_base
