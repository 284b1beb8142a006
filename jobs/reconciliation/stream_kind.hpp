// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paysync::reconciliation {

namespace store {
class ObjectBatch;
struct SettledRequest;
}  // namespace store

/// A kind of Stripe object that reconciliation copies into a table, for example refunds.
///
/// Each connected account has one stream of each kind: a row of pay_private.stream that says how
/// far the account's list of these objects was read. A kind of the platform has a single stream.
///
/// A kind is described once, in its own store: `refunds_store.cpp` has kRefunds, which is this
/// description, and the mapping of the objects to rows (mirrored_kind.hpp). `stream_kind.cpp` lists
/// all kinds. The code that walks, re-reads, samples or proves streams takes the kind from there
/// and names none itself. How to add one: CONTRIBUTING.md, "A stream kind".
struct StreamKind {
    /// The work that only some kinds need, after a finished walk.
    enum class Extra {
        none,
        match_by_session,  ///< charges: ask for checkout sessions where the metadata names no
                           ///< request
        itemise_payouts,   ///< payouts: list the ledger rows in each completed automatic payout
        compare_balance,   ///< ledger: store the balance that the rows must add up to, if it is
                           ///< the same before and after the walk
    };

    const char* stream;        ///< "refunds", as in pay_private.stream
    const char* object;        ///< one of them: "refund", as in the discrepancy "refund_vanished"
    const char* path;          ///< of the list: "/v1/refunds"; of one object with "/" and its id
    const char* table;         ///< the mirror: "pay_private.refund"
    const char* id_column;     ///< "refund_id"
    const char* expand = "";   ///< a field that Stripe sends as an object, not as its id
    bool of_platform = false;  ///< listed without a Stripe-Account header, once
    /// Rows whose next_check_at has come are not read by id: the next walk reaches back to the
    /// oldest of them.
    bool rechecked_by_walk = false;
    /// While a payment link of the account is active, the pause between walks does not grow after
    /// walks that wrote nothing: somebody may be about to pay.
    bool hurried_by_links = false;
    Extra extra = Extra::none;

    /// An empty batch for answers about these objects. `livemode` is the account's mode, which each
    /// object must have; nothing for a kind of the platform.
    std::unique_ptr<store::ObjectBatch> (*new_batch)(std::optional<bool> livemode) = nullptr;

    /// Up to `limit` ids that other tables of the account name and this table lacks, for example
    /// the charge of a refund from before the horizon. They are read by id. nullptr: no such ids.
    std::vector<std::string> (*missing_ids)(pqxx::work& tx, const std::string& account_id,
                                            int limit) = nullptr;

    /// What follows when Stripe does not have an object any more; nullptr: nothing.
    std::vector<store::SettledRequest> (*after_gone)(pqxx::work& tx, const std::string& account_id,
                                                     const std::string& id) = nullptr;
};

/// Stands for the platform's own account where an account's id is expected.
inline constexpr const char* kPlatform = "";

/// All kinds.
std::span<const StreamKind* const> stream_kinds() noexcept;

/// Throws std::out_of_range when there is no such stream.
const StreamKind& stream_kind(const std::string& stream);

/// One SQL statement for each kind, made from a pattern with {table} and {id} in it. To be kept in
/// a static variable: prepared statements are known by their address.
class StatementPerKind {
public:
    explicit StatementPerKind(const char* pattern);
    const std::string& of(const std::string& stream) const { return statements_.at(stream); }

private:
    std::map<std::string, std::string> statements_;
};

/// The account's id, or "the platform", for logs.
std::string display_name(const std::string& account_id);

}  // namespace paysync::reconciliation
