// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/settings.hpp"

#include <nlohmann/json_fwd.hpp>

namespace fault_proxy {

/// Reads settings; what is missing has its default. Throws std::invalid_argument that names the key
/// for what is unknown or mistyped.
Settings settings_from_json(const nlohmann::json& json);
nlohmann::json to_json(const Settings& settings);
nlohmann::json to_json(const Counters& counters);

}  // namespace fault_proxy
