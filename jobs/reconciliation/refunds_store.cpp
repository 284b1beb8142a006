// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/refunds_store.hpp"

#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/ledger_store.hpp"

#include <algorithm>
#include <set>

namespace paysync::reconciliation::store {

namespace {

/// For how long a succeeded refund may still fail: Stripe hears of closed accounts within a month.
constexpr std::int64_t kRefundMayFail = 35 * 86400;

const Mirror& refunds_mirror() {
    static const Mirror kMirror(kind_of(kRefunds), {{"created", "time"},
                                                    {"charge_id"},
                                                    {"payment_intent_id"},
                                                    {"amount", "bigint"},
                                                    {"currency"},
                                                    {"status"},
                                                    {"reason"},
                                                    {"failure_reason"},
                                                    {"balance_transaction_id"},
                                                    {"failure_balance_transaction_id"}});
    return kMirror;
}

const Mirror& disputes_mirror() {
    static const Mirror kMirror(kind_of(kDisputes), {{"livemode", "boolean"},
                                                     {"created", "time"},
                                                     {"charge_id"},
                                                     {"payment_intent_id"},
                                                     {"amount", "bigint"},
                                                     {"currency"},
                                                     {"status"},
                                                     {"reason"},
                                                     {"network_reason_code"},
                                                     {"charge_refundable", "boolean"},
                                                     {"due_by", "time"}});
    return kMirror;
}

MirrorRow row_of(const Sighting<stripe::Refund>& seen) {
    const auto& r = seen.object;
    MirrorRow row(r.id, *seen.answer);
    row.add(r.created).add(r.charge).add(r.payment_intent).add(r.amount).add(r.currency);
    row.add(r.status).add(r.reason).add(r.failure_reason).add(r.balance_transaction);
    row.add(r.failure_balance_transaction);
    if (r.status == "succeeded")
        row.may_change(r.created + kRefundMayFail);
    else if (r.status != "failed" && r.status != "canceled")
        row.may_change(kForEver);
    return row;
}

MirrorRow row_of(const Sighting<stripe::Dispute>& seen) {
    const auto& d = seen.object;
    constexpr const char* kEnds[] = {"won", "lost", "warning_closed", "prevented"};
    MirrorRow row(d.id, *seen.answer);
    row.add(d.livemode).add(d.created).add(d.charge).add(d.payment_intent).add(d.amount);
    row.add(d.currency).add(d.status).add(d.reason).add(d.network_reason_code);
    row.add(d.charge_refundable).add(d.due_by);
    for (const auto& ledger_row : d.balance_transactions)
        row.also(ledger_row.id);
    if (std::find(std::begin(kEnds), std::end(kEnds), d.status) == std::end(kEnds))
        row.may_change(kForEver);
    return row;
}

template <typename T>
std::vector<std::string> save_with_charges(pqxx::work& tx, const Read& read, const Mirror& mirror,
                                           const std::vector<Sighting<T>>& objects) {
    auto written = save(tx, read, mirror, objects, row_of);
    const std::set<std::string> ids(written.begin(), written.end());
    std::vector<std::string> charges;
    for (const auto& seen : objects)
        if (seen.object.charge && ids.count(seen.object.id) > 0)
            charges.push_back(*seen.object.charge);
    if (!charges.empty())
        look_at_charges(tx, read.account_id, charges);
    return written;
}

}  // namespace

std::vector<std::string> save_refunds(pqxx::work& tx, const Read& read,
                                      const std::vector<Sighting<stripe::Refund>>& refunds) {
    return save_with_charges(tx, read, refunds_mirror(), refunds);
}

std::vector<std::string> save_disputes(pqxx::work& tx, const Read& read,
                                       const std::vector<Sighting<stripe::Dispute>>& disputes) {
    std::vector<Sighting<stripe::BalanceTransaction>> ledger;
    for (const auto& dispute : disputes)
        for (const auto& row : dispute.object.balance_transactions)
            ledger.push_back({row, dispute.answer});
    save_accompanying(tx, read, ledger);
    return save_with_charges(tx, read, disputes_mirror(), disputes);
}

}  // namespace paysync::reconciliation::store
