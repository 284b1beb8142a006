// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/stripe/account.hpp"

#include <optional>
#include <string>
#include <vector>

/// SQL of settings and brands that a company wants its Stripe account to have
/// (`pay_private.setting`). A setting is `pending` until Stripe has accepted it (`applied`) or
/// refused it (`refused`).
namespace paysync::onboarding::store {

/// A setting that the account does not have yet.
struct Setting {
    std::string name;
    std::string value;    ///< empty = remove it; for a picture its SHA-256
    std::string file_id;  ///< of a picture that was uploaded to Stripe before
    int version = 0;      ///< grows when the company changes the setting
};

/// The settings to send: those that are pending, or were applied to another account.
std::vector<Setting> settings_to_push(pqxx::work& tx, std::string company, std::string account_id);

struct Picture {
    std::string media_type;
    std::string content;
};

/// The picture (`logo` or `icon`) with this hash in the newest brand version that has it; nothing
/// if the brand has changed meanwhile.
std::optional<Picture> find_picture(pqxx::work& tx, std::string company, std::string name,
                                    std::string sha256);

/// The picture was uploaded to Stripe and has this id there.
void record_uploaded_file(pqxx::work& tx, std::string account_id, std::string purpose,
                          std::string sha256, std::string file_id);

/// Stripe accepted the settings. `body` is its answer, the account. A setting whose version has
/// changed meanwhile stays pending.
void settings_applied(pqxx::work& tx, std::string company, std::string account_id,
                      std::vector<Setting> settings, std::string body);

/// Stripe refused the setting with this message.
void setting_refused(pqxx::work& tx, std::string company, std::string account_id, Setting setting,
                     std::string message);

/// Records the values that the account shows for the company's settings.
void record_shown_settings(pqxx::work& tx, const stripe::Account& account);

/// Queues an `update_settings` command if the company has settings that its current account does
/// not have, for example after it connected another account.
void queue_settings_update(pqxx::work& tx, const std::string& company);

}  // namespace paysync::onboarding::store
