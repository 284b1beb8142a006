// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/settings.hpp"

#include <nlohmann/json_fwd.hpp>

namespace fault_proxy {

/// Reads settings; missing keys keep their defaults. Throws std::invalid_argument that names an
/// unknown or mistyped key.
Settings settings_from_json(const nlohmann::json& json);
nlohmann::json to_json(const Settings& settings);
nlohmann::json to_json(const Counters& counters);

}  // namespace fault_proxy
