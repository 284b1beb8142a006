// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/refunds_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/mirrored_kind.hpp"
#include "jobs/stripe/refund.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

using stripe::Refund;

/// For how long a succeeded refund may still fail: Stripe hears of closed accounts within a month.
constexpr std::int64_t kRefundMayFail = 35 * 86400;

std::optional<Recheck> refund_recheck(const Refund& refund) {
    if (refund.status == "failed" || refund.status == "canceled")
        return std::nullopt;
    if (refund.status == "succeeded")
        return Recheck{.until = refund.created + kRefundMayFail};
    return Recheck();
}

std::vector<SettledRequest> after_refund_change(pqxx::work& tx, const AccountRead& read,
                                                const std::vector<const Refund*>& changed) {
    std::vector<std::string> charges;
    for (const auto* refund : changed)
        if (refund->charge)
            charges.push_back(*refund->charge);
    if (charges.empty())
        return {};
    schedule_charge_rechecks(tx, read.account_id, charges);
    // A charge that is matched later queues them, too.
    tx.exec_params(R"sql(
        SELECT pay_private.queue_refund_mails(ARRAY(
                   SELECT DISTINCT c.request_id FROM unnest($2::text[]) AS asked (id)
                    CROSS JOIN LATERAL (SELECT request_id FROM pay_private.charge
                                         WHERE account_id = $1 AND charge_id = asked.id
                                           AND request_id IS NOT NULL OFFSET 0) c)))sql",
                   read.account_id, text_array(charges));
    return {};
}

const MirroredKind<Refund>& refund_mapping() {
    static const MirroredKind<Refund> kMapping(
        kRefunds,
        {.read = &stripe::read_refund,
         .columns =
             {
                 column<&Refund::created>("created", kTime),
                 column<&Refund::charge>("charge_id"),
                 column<&Refund::payment_intent>("payment_intent_id"),
                 column<&Refund::amount>("amount"),
                 column<&Refund::currency>("currency"),
                 column<&Refund::status>("status"),
                 column<&Refund::reason>("reason"),
                 column<&Refund::failure_reason>("failure_reason"),
                 column<&Refund::balance_transaction>("balance_transaction_id"),
                 column<&Refund::failure_balance_transaction>("failure_balance_transaction_id"),
             },
         .recheck = &refund_recheck,
         .after_change = &after_refund_change});
    return kMapping;
}

std::unique_ptr<ObjectBatch> new_refund_batch(std::optional<bool> livemode) {
    return refund_mapping().new_batch(livemode);
}

}  // namespace

constinit const StreamKind kRefunds = {.stream = "refunds",
                                       .object = "refund",
                                       .path = "/v1/refunds",
                                       .table = "pay_private.refund",
                                       .id_column = "refund_id",
                                       .new_batch = &new_refund_batch};

}  // namespace paysync::reconciliation::store
