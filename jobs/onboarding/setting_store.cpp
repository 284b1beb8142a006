// SPDX-License-Identifier: MIT
#include "jobs/onboarding/setting_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

std::vector<Setting> settings_to_push(pqxx::work& tx, std::string company, std::string account_id) {
    const auto rows = tx.exec_params(R"sql(
        SELECT s.name, s.desired #>> '{}' AS value, f.file_id, s.version
          FROM pay_private.setting s
          LEFT JOIN pay_private.stripe_file f
            ON f.account_id = $2 AND f.purpose = 'business_' || s.name AND f.sha256 = s.desired #>> '{}'
         WHERE s.company = $1 AND pay_private.stripe_keeps(s.name)
           AND (s.state = 'pending' OR s.account_id IS DISTINCT FROM $2)
         ORDER BY s.name)sql",
                                     company, account_id);
    std::vector<Setting> settings;
    for (const auto& row : rows)
        settings.push_back(Setting{text(row[0]), text(row[1]), text(row[2]), row[3].as<int>()});
    return settings;
}

std::optional<Picture> find_picture(pqxx::work& tx, std::string company, std::string name,
                                    std::string sha256) {
    const auto rows = tx.exec_params(R"sql(
        SELECT media_type, content
          FROM (SELECT CASE WHEN $2 = 'logo' THEN logo_media_type ELSE icon_media_type END AS media_type,
                       CASE WHEN $2 = 'logo' THEN logo ELSE icon END AS content, version
                  FROM pay.branding WHERE company = $1 AND kind = 'checkout') b
         WHERE encode(sha256(content), 'hex') = $3 ORDER BY version DESC LIMIT 1)sql",
                                     company, name, sha256);
    if (rows.empty())
        return std::nullopt;
    return Picture{text(rows[0][0]), bytes(rows[0][1])};
}

void record_uploaded_file(pqxx::work& tx, std::string account_id, std::string purpose,
                          std::string sha256, std::string file_id) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.stripe_file (account_id, purpose, sha256, file_id)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING)sql",
                    account_id, purpose, sha256, file_id);
}

void settings_applied(pqxx::work& tx, std::string company, std::string account_id,
                      std::vector<Setting> settings, std::string body) {
    for (const auto& setting : settings)
        tx.exec_params0(R"sql(
            UPDATE pay_private.setting
               SET state = 'applied', account_id = $3, refusal = NULL, settled_at = now(),
                   pushed = nullif(CASE WHEN $4 = '' THEN $5 ELSE $4 END, '')
             WHERE company = $1 AND name = $2 AND version = $6)sql",
                        company, setting.name, account_id, setting.file_id, setting.value,
                        setting.version);
    record_shown_settings(tx, stripe::parse_account(body));
}

void setting_refused(pqxx::work& tx, std::string company, std::string account_id, Setting setting,
                     std::string message) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.setting
           SET state = 'refused', account_id = $3, refusal = $4, settled_at = now()
         WHERE company = $1 AND name = $2 AND version = $5)sql",
                    company, setting.name, account_id, message, setting.version);
}

void record_shown_settings(pqxx::work& tx, const stripe::Account& account) {
    const auto& brand = account.branding;
    tx.exec_params(R"sql(
        SELECT pay_private.note_settings($1, jsonb_build_object(
            'default_currency', nullif($2, ''), 'statement_descriptor', nullif($3, ''),
            'primary_color', nullif($4, ''), 'secondary_color', nullif($5, ''), 'logo', nullif($6, ''),
            'icon', nullif($7, ''))))sql",
                   account.id, account.default_currency.value_or(""),
                   account.statement_descriptor.value_or(""), brand.primary_color.value_or(""),
                   brand.secondary_color.value_or(""), brand.logo.value_or(""),
                   brand.icon.value_or(""));
}

void queue_settings_update(pqxx::work& tx, const std::string& company) {
    tx.exec_params0(R"sql(
        INSERT INTO pay.command (company, kind)
        SELECT $1, 'update_settings'
         WHERE EXISTS (SELECT FROM pay_private.setting s
                         JOIN pay_private.integration i ON i.company = s.company AND i.current
                        WHERE s.company = $1 AND pay_private.stripe_keeps(s.name)
                          AND (s.state = 'pending' OR s.account_id IS DISTINCT FROM i.account_id)
                          AND s.desired <> 'null')
           AND NOT EXISTS (SELECT FROM pay.command c
                            WHERE c.company = $1 AND c.kind = 'update_settings' AND c.state = 'queued'))sql",
                    company);
}

}  // namespace paysync::onboarding::store
