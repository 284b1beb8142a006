// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/stripe/account.hpp"

#include <optional>
#include <string>
#include <vector>

/// SQL of settings and brands on their way to Stripe.
namespace paysync::onboarding::store {

/// A setting that an account at Stripe does not have yet.
struct Setting {
    std::string name;
    std::string value;    ///< empty = taken back; for pictures their SHA-256
    std::string file_id;  ///< of a picture that was uploaded before
    int version = 0;
};

/// What was asked for and neither applied to this account nor refused by it.
std::vector<Setting> settings_to_push(pqxx::work& tx, std::string company, std::string account_id);

/// A picture of the company's brand.
struct Picture {
    std::string media_type;
    std::string content;
};

/// The newest picture of this content, a logo or an icon; nothing when the brand changed meanwhile.
std::optional<Picture> picture_of(pqxx::work& tx, std::string company, std::string name,
                                  std::string sha256);

/// Stripe has the picture now.
void file_uploaded(pqxx::work& tx, std::string account_id, std::string purpose, std::string sha256,
                   std::string file_id);

/// Stripe took the settings: `body` is the account as it answered.
void settings_applied(pqxx::work& tx, std::string company, std::string account_id,
                      std::vector<Setting> settings, std::string body);

/// Stripe refused a setting, in these words.
void setting_refused(pqxx::work& tx, std::string company, std::string account_id, Setting setting,
                     std::string words);

/// Notes what the account shows of the settings that were asked for.
void note_settings(pqxx::work& tx, const stripe::Account& account);

/// Queues carrying out what was asked for before the company had this account.
void queue_settings(pqxx::work& tx, const std::string& company);

}  // namespace paysync::onboarding::store
