// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/stripe/page.hpp"

#include <string>
#include <vector>

/// SQL of objects that could not be read.
namespace paysync::reconciliation::store {

/// The problem of an object of the other mode than its account's.
inline constexpr const char* kWrongMode = "is not the mode that the account is connected in";

/// Keeps what could not be read, for people and for later versions. An object of the wrong mode is
/// a discrepancy too.
void quarantine(pqxx::work& tx, const Read& read, const std::string& stream,
                const std::vector<Sighting<stripe::Rejected>>& rejected);

/// The object, if it is there, is not asked for again by this version.
void leave_in_quarantine(pqxx::work& tx, const std::string& account_id, const std::string& stream,
                         const std::string& id);

/// These objects can be read after all.
void release_from_quarantine(pqxx::work& tx, const std::string& account_id,
                             const std::string& stream, const std::vector<std::string>& ids);

}  // namespace paysync::reconciliation::store
