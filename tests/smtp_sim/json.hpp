// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/counters.hpp"
#include "tests/smtp_sim/rule.hpp"
#include "tests/smtp_sim/transaction.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace smtp_sim {

/// Reads a rule. Throws std::invalid_argument that names an unknown or mistyped key.
Rule rule_from_json(const nlohmann::json& json);
nlohmann::json to_json(const Rule& rule);
/// The record as JSON, with the message as `data`, or as `data_base64` if it is not UTF-8. Without
/// it if `with_data` is false.
nlohmann::json to_json(const Transaction& transaction, bool with_data);
nlohmann::json to_json(const Counters& counters);

}  // namespace smtp_sim
