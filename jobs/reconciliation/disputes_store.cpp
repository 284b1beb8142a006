// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/disputes_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/matching_store.hpp"
#include "jobs/reconciliation/mirrored_kind.hpp"
#include "jobs/stripe/dispute.hpp"

#include <algorithm>
#include <iterator>

namespace paysync::reconciliation::store {

namespace {

using stripe::Dispute;

std::optional<Recheck> dispute_recheck(const Dispute& dispute) {
    constexpr const char* kFinalStates[] = {"won", "lost", "warning_closed", "prevented"};
    const bool is_final = std::find(std::begin(kFinalStates), std::end(kFinalStates),
                                    dispute.status) != std::end(kFinalStates);
    return is_final ? std::nullopt : std::optional(Recheck());
}

/// A reinstatement may change nothing else of a dispute.
void fingerprint_dispute(const Dispute& dispute, MirrorRow& row) {
    for (const auto& ledger_row : dispute.balance_transactions)
        row.add_to_fingerprint(ledger_row.id);
}

std::vector<stripe::BalanceTransaction> dispute_ledger_rows(const Dispute& dispute) {
    return dispute.balance_transactions;
}

std::vector<SettledRequest> after_dispute_change(pqxx::work& tx, const AccountRead& read,
                                                 const std::vector<const Dispute*>& changed) {
    std::vector<std::string> charges;
    for (const auto* dispute : changed)
        if (dispute->charge)
            charges.push_back(*dispute->charge);
    if (charges.empty())
        return {};
    schedule_charge_rechecks(tx, read.account_id, charges);
    return settle_requests(tx, read.account_id, charges);
}

const MirroredKind<Dispute>& dispute_mapping() {
    static const MirroredKind<Dispute> kMapping(
        kDisputes, {.read = &stripe::read_dispute,
                    .columns =
                        {
                            column<&Dispute::livemode>("livemode"),
                            column<&Dispute::created>("created", kTime),
                            column<&Dispute::charge>("charge_id"),
                            column<&Dispute::payment_intent>("payment_intent_id"),
                            column<&Dispute::amount>("amount"),
                            column<&Dispute::currency>("currency"),
                            column<&Dispute::status>("status"),
                            column<&Dispute::reason>("reason"),
                            column<&Dispute::network_reason_code>("network_reason_code"),
                            column<&Dispute::charge_refundable>("charge_refundable"),
                            column<&Dispute::due_by>("due_by", kTime),
                        },
                    .fingerprint = &fingerprint_dispute,
                    .recheck = &dispute_recheck,
                    .ledger_rows = &dispute_ledger_rows,
                    .after_change = &after_dispute_change});
    return kMapping;
}

std::unique_ptr<ObjectBatch> new_dispute_batch(std::optional<bool> livemode) {
    return dispute_mapping().new_batch(livemode);
}

std::vector<SettledRequest> after_dispute_gone(pqxx::work& tx, const std::string& account_id,
                                               const std::string& id) {
    const auto charge = db::execute(tx, R"sql(
        SELECT charge_id FROM pay_private.dispute
         WHERE account_id = $1 AND dispute_id = $2 AND charge_id IS NOT NULL)sql",
                                    account_id, id);
    if (charge.empty())
        return {};
    return settle_requests(tx, account_id, {text(charge[0][0])});
}

}  // namespace

constinit const StreamKind kDisputes = {.stream = "disputes",
                                        .object = "dispute",
                                        .path = "/v1/disputes",
                                        .table = "pay_private.dispute",
                                        .id_column = "dispute_id",
                                        .new_batch = &new_dispute_batch,
                                        .after_gone = &after_dispute_gone};

}  // namespace paysync::reconciliation::store
