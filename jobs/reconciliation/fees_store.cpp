// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/fees_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

const Mirror& fees_mirror() {
    static const Mirror kMirror(kind_of(kApplicationFees), {{"created", "time"},
                                                            {"charged_account_id"},
                                                            {"charge_id"},
                                                            {"amount", "bigint"},
                                                            {"amount_refunded", "bigint"},
                                                            {"currency"},
                                                            {"balance_transaction_id"}});
    return kMirror;
}

MirrorRow row_of(const Sighting<stripe::ApplicationFee>& seen) {
    const auto& f = seen.object;
    MirrorRow row(f.id, *seen.answer);
    row.add(f.created).add(f.account).add(f.charge).add(f.amount).add(f.amount_refunded);
    row.add(f.currency).add(f.balance_transaction);
    return row;
}

}  // namespace

std::vector<std::string> save_application_fees(
    pqxx::work& tx, const Read& read, const std::vector<Sighting<stripe::ApplicationFee>>& fees) {
    return save(tx, read, fees_mirror(), fees, row_of);
}

void look_at_fees(pqxx::work& tx, const std::vector<std::string>& fee_ids) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
        SELECT $1, $2, fee, 'charge refunded' FROM unnest($3::text[]) fee
        ON CONFLICT DO NOTHING)sql",
                    kPlatform, kApplicationFees, text_array(fee_ids));
}

}  // namespace paysync::reconciliation::store
