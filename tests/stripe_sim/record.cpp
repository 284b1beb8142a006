// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/record.hpp"

namespace stripe_sim {

std::string_view Record::field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
        if (name == key) {
            return value;
        }
    }
    return {};
}

void Record::set_field(const char* name, const std::string& value) {
    for (auto& [key, present] : fields) {
        if (std::string_view(name) == key) {
            present = value;
            return;
        }
    }
    fields.emplace_back(name, value);
}

}  // namespace stripe_sim
