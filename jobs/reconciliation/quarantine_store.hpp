// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/object_batch.hpp"

#include <string>
#include <vector>

/// Objects that their reader refused: unknown shape, or the wrong mode. Their raw text is kept in
/// pay_private.quarantine, and each version of paysync tries once to read them again (by id).
namespace paysync::reconciliation::store {

/// Keeps refused objects. An object of the wrong mode becomes a discrepancy too.
void quarantine(pqxx::work& tx, const std::string& account_id, const std::string& stream,
                const std::vector<RefusedObject>& refused);

/// This version does not try the object again, if it is in quarantine.
void mark_quarantined_as_tried(pqxx::work& tx, const std::string& account_id,
                               const std::string& stream, const std::string& id);

/// Deletes these objects from quarantine: they could be read.
void release_from_quarantine(pqxx::work& tx, const std::string& account_id,
                             const std::string& stream, const std::vector<std::string>& ids);

}  // namespace paysync::reconciliation::store
