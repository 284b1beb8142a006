// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/kinds.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Tables that mirror Stripe's objects: what they have in common.
namespace paysync::reconciliation::store {

/// A part of a list that was read whole: it has every object created in [from, to], Unix seconds.
struct Span {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// Which read brought the objects of an account.
struct Read {
    std::string account_id;
    std::string source;       ///< list or object
    std::vector<Span> whole;  ///< of a list of this kind: the parts that the objects are all of
};

/// The answer of Stripe's that an object came in.
struct Answer {
    std::string stripe_request_id;
    std::chrono::steady_clock::time_point asked;  ///< when the call began
};

/// An object, and the answer that showed it, which lives longer.
template <typename T>
struct Sighting {
    T object;
    const Answer* answer;
};

/// A column, and how its values are given: `time` means Unix seconds, all else is PostgreSQL's name
/// of the type.
struct MirrorColumn {
    const char* name;
    const char* type = "text";
};

/// A kind's table. It has the columns account_id, read_at, stripe_request_id, row_hash,
/// next_check_at, gone_at, gone_request_id, the id, and those that are named here, `created` among
/// them. What it has besides is not touched. Lives as long as the program: its statements are
/// prepared.
class Mirror {
public:
    /// `guard` is SQL that must hold of the old row `m` and the new one `excluded` for it to be
    /// written; what was read earlier than the row never is.
    Mirror(const Kind& kind, std::vector<MirrorColumn> columns, const char* guard = "true");

    std::size_t columns() const noexcept { return columns_; }
    const std::string& hashes_of_ids() const noexcept { return hashes_of_ids_; }
    const std::string& hashes_of_spans() const noexcept { return hashes_of_spans_; }
    const std::string& upsert() const noexcept { return upsert_; }
    const std::string& look_later() const noexcept { return look_later_; }
    const std::string& look_now() const noexcept { return look_now_; }

private:
    std::size_t columns_;
    std::string hashes_of_ids_;
    std::string hashes_of_spans_;
    std::string upsert_;
    std::string look_later_;
    std::string look_now_;
};

/// Of an object that can change for as long as Stripe likes.
inline constexpr std::int64_t kForEver = 253402300799;

/// One object, its values in the order of the columns.
class MirrorRow {
public:
    MirrorRow(std::string id, const Answer& answer) : id_(std::move(id)), answer_(&answer) {}

    template <typename T>
    MirrorRow& add(const T& value) {
        also(value);
        put(value);
        ends_.push_back(text_.size());
        return *this;
    }
    /// Belongs to what Stripe sent and has no column.
    template <typename T>
    MirrorRow& also(const T& value) {
        print_.add(value);
        return *this;
    }
    /// Until when it can change by itself, and when to look first (Unix seconds); without, never.
    MirrorRow& may_change(std::int64_t until, std::int64_t not_before = 0) {
        until_ = until;
        not_before_ = not_before;
        return *this;
    }

    const std::string& id() const noexcept { return id_; }
    const Answer& answer() const noexcept { return *answer_; }
    std::int64_t hash() const noexcept { return print_.value(); }
    /// The value of a column in PostgreSQL's input form; nothing = NULL.
    std::optional<std::string_view> cell(std::size_t column) const;
    std::optional<std::int64_t> until() const noexcept { return until_; }
    std::int64_t not_before() const noexcept { return not_before_; }

private:
    // Each value behind a byte that says whether it is one. All in one text: most rows are read
    // again unchanged, and are gone once their fingerprint is compared.
    void put(std::string_view value) { (text_ += kThere) += value; }
    void put(bool value) { put(std::string_view(value ? "t" : "f")); }
    void put(std::int64_t value) { put(std::string_view(std::to_string(value))); }
    template <typename T>
    void put(const std::optional<T>& value) {
        if (value)
            put(*value);
        else
            text_ += kNull;
    }

    static constexpr char kThere = 'v';
    static constexpr char kNull = 'n';

    std::string id_;
    const Answer* answer_;
    std::string text_;
    std::vector<std::size_t> ends_;
    Fingerprint print_;
    std::optional<std::int64_t> until_;
    std::int64_t not_before_ = 0;
};

/// Writes the rows that differ from the stored ones, or are new, and yields their ids. What came by
/// a list is compared by its hash, what was read by its id column by column. What has not changed
/// is not written, but for when to look next at what was read by its id. What is stored in a part
/// that was read whole, and was not listed there, is due to be read by its id.
std::vector<std::string> save(pqxx::work& tx, const Read& read, const Mirror& mirror,
                              const std::vector<MirrorRow>& rows);

/// The same for objects, each made a row.
template <typename T>
std::vector<std::string> save(pqxx::work& tx, const Read& read, const Mirror& mirror,
                              const std::vector<Sighting<T>>& objects,
                              MirrorRow (*row_of)(const Sighting<T>&)) {
    std::vector<MirrorRow> rows;
    for (const auto& seen : objects)
        rows.push_back(row_of(seen));
    return save(tx, read, mirror, rows);
}

}  // namespace paysync::reconciliation::store
