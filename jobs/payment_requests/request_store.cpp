// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/request_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

#include <stdexcept>

namespace paysync::payment_requests::store {

Request request_from(const pqxx::row& row) {
    Request request;
    request.request_id = text(row["request_id"]);
    request.company = text(row["company"]);
    request.to_email = text(row["to_email"]);
    request.to_name = text(row["to_name"]);
    request.cc = texts(row["cc"]);
    request.reply_to = text(row["reply_to"]);
    request.amount = row["amount"].as<std::int64_t>();
    request.mail_may_go = row["mail_may_go"].as<bool>();
    request.amount_due = row["amount_due"].as<std::int64_t>();
    request.currency = text(row["currency"]);
    request.description = text(row["description"]);
    request.message = text(row["message"]);
    request.due_on = text(row["due_on"]);
    request.today = text(row["today"]);
    request.locale = text(row["locale"]);
    request.multi_party = row["multi_party"].as<bool>();
    request.places = row["places"].as<int>(0);
    const auto names = texts(row["metadata_names"]);
    const auto values = texts(row["metadata_values"]);
    for (std::size_t i = 0; i < names.size(); ++i)
        request.metadata.emplace_back(names[i], values[i]);
    request.company_name = text(row["company_name"]);
    request.company_email = text(row["company_email"]);
    request.brand_color = text(row["brand_color"]);
    request.brand_version = row["brand_version"].as<int>();
    request.account_id = text(row["account_id"]);
    request.stage = text(row["stage"]);
    request.link_id = text(row["link_id"]);
    request.link_url = text(row["link_url"]);
    request.link_amount = row["link_amount"].as<std::int64_t>();
    request.links_made = row["links_made"].as<int>();
    request.payment_methods = texts(row["payment_methods"]);
    request.application_fee = row["application_fee"].as<std::int64_t>();
    return request;
}

void lock_request_of(pqxx::work& tx, const std::string& delivery_id) {
    tx.exec_params(R"sql(
        SELECT FROM pay.payment_request r JOIN pay_private.delivery d USING (request_id)
         WHERE d.delivery_id = $1 FOR NO KEY UPDATE OF r)sql",
                   delivery_id);
}

Request read_request(pqxx::work& tx, const std::string& request_id) {
    const auto rows = tx.exec_params(
        "SELECT * FROM pay_private.request_detail WHERE request_id::text = $1", request_id);
    if (rows.empty())
        throw std::runtime_error("there is no payment request " + request_id);
    return request_from(rows[0]);
}

void apply_company(pqxx::work& tx, Request& request, const std::string& company) {
    const auto rows = tx.exec_params(R"sql(
        SELECT coalesce(b.display_name, c.name) AS name, c.email, c.locale, b.primary_color,
               coalesce(b.version, 0) AS version
          FROM pay.company c
          LEFT JOIN pay.branding b ON b.company = c.company AND b.kind = 'checkout'
         WHERE c.company = $1
         ORDER BY b.version DESC LIMIT 1)sql",
                                     company);
    if (rows.empty())
        throw std::runtime_error("there is no company \"" + company + "\"");
    const auto& row = rows[0];
    request.company = company;
    request.company_name = text(row["name"]);
    request.company_email = text(row["email"]);
    request.locale = text(row["locale"]);
    request.brand_color = text(row["primary_color"]);
    request.brand_version = row["version"].as<int>();
}

}  // namespace paysync::payment_requests::store
