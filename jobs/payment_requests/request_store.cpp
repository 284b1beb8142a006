// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/request_store.hpp"

#include "jobs/row.hpp"

#include <pqxx/pqxx>

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
    request.currency = text(row["currency"]);
    request.description = text(row["description"]);
    request.message = text(row["message"]);
    request.due_on = text(row["due_on"]);
    request.locale = text(row["locale"]);
    request.multi_party = row["multi_party"].as<bool>();
    request.has_file = row["has_file"].as<bool>();
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
    request.livemode = row["livemode"].as<bool>();
    request.link_id = text(row["link_id"]);
    request.link_url = text(row["link_url"]);
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

std::optional<File> file_of(pqxx::work& tx, std::string request_id) {
    const auto rows = tx.exec_params(R"sql(
        SELECT f.name, f.media_type, f.content
          FROM pay.payment_request r JOIN pay.collect_payment_file f ON f.file_id = r.collect_payment_file_id
         WHERE r.request_id = $1)sql",
                                     request_id);
    if (rows.empty())
        return std::nullopt;
    return File{text(rows[0][0]), text(rows[0][1]), bytes(rows[0][2])};
}

}  // namespace paysync::payment_requests::store
