// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/kinds.hpp"

#include <stdexcept>

namespace paysync::reconciliation {

const Kind& kind_of(const std::string& stream) {
    for (const auto& kind : kKinds)
        if (stream == kind.stream)
            return kind;
    throw std::out_of_range("there is no stream \"" + stream + "\"");
}

std::string name_of(const std::string& account_id) {
    return account_id == kPlatform ? "the platform" : account_id;
}

}  // namespace paysync::reconciliation
