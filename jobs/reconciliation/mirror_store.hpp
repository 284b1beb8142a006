// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/mirror_row.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace paysync::reconciliation {

struct StreamKind;

/// SQL of the tables that mirror Stripe's objects, the same for all kinds.
namespace store {

/// A range of creation times of which a page lists all objects; Unix seconds, both ends included.
struct ListedRange {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// How objects of one account that are stored together were read.
struct AccountRead {
    enum class Source {
        list,    ///< on pages of a list
        object,  ///< one object by its id
    };

    std::string account_id;
    Source source = Source::list;
    /// For pages of the stream's own list: the creation times that they list completely. A stored
    /// row in such a range that the pages lack is put into pay_private.reread. The read by id then
    /// finds out whether it is gone (404) or only the list left it out.
    std::vector<ListedRange> listed = {};
};

/// As in the column pay_private.charge_history.source.
const char* to_string(AccountRead::Source source) noexcept;

/// The prepared statements of one kind's table.
///
/// The table has the columns account_id, read_at, stripe_request_id, row_hash, next_check_at,
/// gone_at, gone_request_id, the id, and those that are named here, `created` among them. Other
/// columns are not touched. Lives as long as the program, because statements are prepared by their
/// address.
class MirrorTable {
public:
    /// `guard` is a condition in SQL on the old row `m` and the new one `excluded`; a row that does
    /// not meet it is not overwritten.
    MirrorTable(const StreamKind& kind, const std::vector<MirrorColumn>& columns,
                const char* guard);

    std::size_t columns() const noexcept { return columns_; }

private:
    friend class MirrorWriter;

    std::size_t columns_;
    std::string hashes_of_ids_;
    std::string hashes_of_ranges_;
    std::string upsert_;
    std::string schedule_recheck_;
    std::string schedule_reread_;
};

/// Writes the rows that are new or differ from the stored ones. Returns the indexes in `rows` of
/// those that were written, ascending. If an object comes twice, the later read counts.
///
/// - Rows from a list are compared with the stored ones by their fingerprints alone. A row from a
///   read by id is compared column by column, so it also repairs a stored row whose columns are
///   wrong although its fingerprint is right.
/// - Unchanged rows are not rewritten. Exception: an object that was read by id because its
///   next_check_at had come gets a new one.
/// - A stored row with a later read_at than the new one stays as it is.
/// - Stored rows in a listed range that the pages lack are put into pay_private.reread.
/// - A row with gone_at whose object comes again is written without gone_at.
std::vector<std::size_t> write_changed(pqxx::work& tx, const AccountRead& read,
                                       const MirrorTable& table,
                                       const std::vector<MirrorRow>& rows);

}  // namespace store
}  // namespace paysync::reconciliation
