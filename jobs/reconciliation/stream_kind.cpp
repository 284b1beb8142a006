// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/stream_kind.hpp"

#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/disputes_store.hpp"
#include "jobs/reconciliation/fees_store.hpp"
#include "jobs/reconciliation/ledger_store.hpp"
#include "jobs/reconciliation/payouts_store.hpp"
#include "jobs/reconciliation/refunds_store.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace paysync::reconciliation {

namespace {

constexpr const StreamKind* kStreamKinds[] = {&store::kCharges,  &store::kRefunds,
                                              &store::kDisputes, &store::kLedger,
                                              &store::kPayouts,  &store::kApplicationFees};

}  // namespace

std::span<const StreamKind* const> stream_kinds() noexcept {
    return kStreamKinds;
}

const StreamKind& stream_kind(const std::string& stream) {
    for (const auto* kind : kStreamKinds)
        if (stream == kind->stream)
            return *kind;
    throw std::out_of_range("there is no stream \"" + stream + "\"");
}

StatementPerKind::StatementPerKind(const char* pattern) {
    for (const auto* kind : kStreamKinds)
        statements_[kind->stream] = fmt::format(
            fmt::runtime(pattern), fmt::arg("table", kind->table), fmt::arg("id", kind->id_column));
}

std::string display_name(const std::string& account_id) {
    return account_id == kPlatform ? "the platform" : account_id;
}

}  // namespace paysync::reconciliation
