// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/mail_branding_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

namespace {

std::optional<std::string> optional_text(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional(text(field));
}

}  // namespace

MailBranding read_mail_branding(pqxx::work& tx, DeliveryKind kind, Request request) {
    const auto rows = tx.exec_params(R"sql(
        SELECT b.logo_media_type, b.logo, f.name, f.media_type, f.content,
               t.locale_of_text, t.subject, t.body_text, t.body_html, l.body_html AS layout
          FROM (SELECT) one
          LEFT JOIN pay.branding b ON b.company = $1 AND b.kind = 'checkout' AND b.version = $2 AND b.logo IS NOT NULL
          LEFT JOIN (pay.payment_request r JOIN pay.collect_payment_file f ON f.file_id = r.collect_payment_file_id)
            ON r.request_id = nullif($3, '')::uuid
          LEFT JOIN pay_private.mail_texts($1, $4, $5) t ON true
          LEFT JOIN pay_private.mail_texts($1, 'layout', $5) l ON true)sql",
                                     request.company, request.brand_version,
                                     confirms_payment(kind) ? std::string() : request.request_id,
                                     std::string(to_string(kind)), request.locale);
    const auto& row = rows[0];
    MailBranding branding;
    if (!row["logo"].is_null())
        branding.logo = mail::Attachment{"", text(row["logo_media_type"]), bytes(row["logo"])};
    if (!row["content"].is_null())
        branding.file =
            mail::Attachment{text(row["name"]), text(row["media_type"]), bytes(row["content"])};
    if (!row["locale_of_text"].is_null())
        branding.texts =
            CompanyTexts{text(row["locale_of_text"]), optional_text(row["subject"]),
                         optional_text(row["body_text"]), optional_text(row["body_html"])};
    branding.layout = optional_text(row["layout"]);
    return branding;
}

}  // namespace paysync::payment_requests::store
