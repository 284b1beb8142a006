// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/kinds.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace paysync::reconciliation {

const Kind& kind_of(const std::string& stream) {
    for (const auto& kind : kKinds)
        if (stream == kind.stream)
            return kind;
    throw std::out_of_range("there is no stream \"" + stream + "\"");
}

PerKind::PerKind(const char* pattern) {
    for (const auto& kind : kKinds)
        made_[kind.stream] = fmt::format(fmt::runtime(pattern), fmt::arg("table", kind.table),
                                         fmt::arg("id", kind.id));
}

std::string name_of(const std::string& account_id) {
    return account_id == kPlatform ? "the platform" : account_id;
}

}  // namespace paysync::reconciliation
