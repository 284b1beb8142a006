// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/fees_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/reconciliation/mirrored_kind.hpp"
#include "jobs/stripe/application_fee.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

using stripe::ApplicationFee;

const MirroredKind<ApplicationFee>& fee_mapping() {
    static const MirroredKind<ApplicationFee> kMapping(
        kApplicationFees,
        {.read = &stripe::read_application_fee,
         .columns = {
             column<&ApplicationFee::created>("created", kTime),
             column<&ApplicationFee::account>("charged_account_id"),
             column<&ApplicationFee::charge>("charge_id"),
             column<&ApplicationFee::amount>("amount"),
             column<&ApplicationFee::amount_refunded>("amount_refunded"),
             column<&ApplicationFee::currency>("currency"),
             column<&ApplicationFee::balance_transaction>("balance_transaction_id"),
         }});
    return kMapping;
}

std::unique_ptr<ObjectBatch> new_fee_batch(std::optional<bool> livemode) {
    return fee_mapping().new_batch(livemode);
}

}  // namespace

constinit const StreamKind kApplicationFees = {.stream = "application_fees",
                                               .object = "application_fee",
                                               .path = "/v1/application_fees",
                                               .table = "pay_private.application_fee",
                                               .id_column = "application_fee_id",
                                               .of_platform = true,
                                               .new_batch = &new_fee_batch};

void schedule_fee_rereads(pqxx::work& tx, const std::vector<std::string>& fee_ids) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
        SELECT $1, $2, fee, 'charge refunded' FROM unnest($3::text[]) fee
        ON CONFLICT DO NOTHING)sql",
                    kPlatform, kApplicationFees.stream, text_array(fee_ids));
}

}  // namespace paysync::reconciliation::store
