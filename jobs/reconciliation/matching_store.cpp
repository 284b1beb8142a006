// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/matching_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cctype>

namespace paysync::reconciliation::store {

bool is_request_id(const std::string& text) {
    const std::string shape = "00000000-0000-0000-0000-000000000000";
    const auto fits = [](char given, char wanted) {
        return wanted == '-' ? given == '-' : std::isxdigit(static_cast<unsigned char>(given)) != 0;
    };
    return std::ranges::equal(text, shape, fits);
}

void match_charges(pqxx::work& tx, const std::string& account_id,
                   const std::vector<PaymentClaim>& claims, const std::string& how) {
    if (claims.empty())
        return;
    Column charges, requests;
    for (const auto& claim : claims) {
        charges.add(claim.charge_id);
        requests.add(claim.request_id);
    }
    // A request belongs to the account that has a link for it; before the link is stored, to any
    // account of its company.
    tx.exec_params0(R"sql(
        WITH claimed AS (
            SELECT c.charge_id, c.status, c.livemode, c.currency, c.amount, c.stripe_request_id,
                   r.request_id, r.account_id AS request_account, r.livemode AS request_livemode,
                   r.currency AS request_currency, r.amount AS request_amount,
                   CASE WHEN NOT coalesce(
                                 r.account_id = $1,
                                 EXISTS (SELECT FROM pay_private.integration i
                                          WHERE i.account_id = $1 AND i.company = r.company))
                             AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                                              WHERE l.request_id = r.request_id
                                                AND l.account_id = $1)
                        THEN 'wrong_account'
                        WHEN c.livemode <> r.livemode THEN 'wrong_mode'
                        WHEN c.currency <> r.currency THEN 'wrong_currency' END AS problem
              FROM unnest($2::text[], $3::uuid[]) AS t (charge_id, request_id)
              JOIN pay_private.charge c ON c.account_id = $1 AND c.charge_id = t.charge_id
               AND coalesce(c.matched_by, 'none') = 'none'
              JOIN pay.payment_request r ON r.request_id = t.request_id),
        tied AS (
            UPDATE pay_private.charge c
               SET request_id = CASE WHEN d.problem IS NULL THEN d.request_id END,
                   matched_by = CASE WHEN d.problem IS NULL THEN $4 ELSE 'refused' END
              FROM claimed d WHERE c.account_id = $1 AND c.charge_id = d.charge_id)
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT d.problem, $1, d.charge_id, jsonb_build_object(
                   'charge', jsonb_build_object(
                       'charge_id', d.charge_id, 'account_id', $1, 'livemode', d.livemode,
                       'currency', d.currency, 'amount', d.amount,
                       'stripe_request_id', d.stripe_request_id),
                   'request', jsonb_build_object(
                       'request_id', d.request_id, 'account_id', d.request_account,
                       'livemode', d.request_livemode, 'currency', d.request_currency,
                       'amount', d.request_amount),
                   'found_by', $4)
          FROM claimed d WHERE d.problem IS NOT NULL AND d.status <> 'failed'
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                    account_id, charges.literal(), requests.literal(), how);
}

std::vector<SettledRequest> settle_requests(pqxx::work& tx, const std::string& account_id,
                                            const std::vector<std::string>& charge_ids) {
    std::vector<SettledRequest> settled;
    if (charge_ids.empty())
        return settled;
    const auto requests = db::execute(tx, R"sql(
        SELECT array_agg(DISTINCT c.request_id)::text
          FROM unnest($2::text[]) AS asked (id)
         CROSS JOIN LATERAL (SELECT request_id FROM pay_private.charge
                              WHERE account_id = $1 AND charge_id = asked.id
                                AND request_id IS NOT NULL OFFSET 0) c)sql",
                                      account_id, text_array(charge_ids))[0];
    if (requests[0].is_null())
        return settled;
    for (const auto& row : db::execute(tx, R"sql(
        SELECT request_id, state, was, amount, paid, currency, delivery_proven
          FROM pay_private.settle_requests($1::uuid[]))sql",
                                       text(requests[0])))
        settled.push_back(SettledRequest{text(row[0]), text(row[1]), text(row[2]),
                                         row[3].as<std::int64_t>(), row[4].as<std::int64_t>(),
                                         text(row[5]), row[6].as<bool>()});
    return settled;
}

}  // namespace paysync::reconciliation::store
