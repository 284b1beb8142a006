// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/column.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// One Stripe object as the row of a mirror table, and the columns from which the row is made.
namespace paysync::reconciliation::store {

/// The HTTP response that an object came in.
struct ResponseInfo {
    std::string stripe_request_id;
    /// The start of the request: the object is at least as new as that. Of two reads of one object
    /// the one with the later start wins, in whatever order they are stored.
    std::chrono::steady_clock::time_point asked_at;
};

/// Until when Stripe may change an object by itself, for example a pending charge. The object is
/// due to be read by id after half its age, a day at most (SQL: pay_private.next_check()).
struct Recheck {
    std::int64_t until = kAlways;  ///< Unix seconds
    std::int64_t not_before = 0;   ///< no change is possible before; Unix seconds

    static constexpr std::int64_t kAlways = 253402300799;
};

/// The values of one row, in the order of the table's columns, and their fingerprint.
///
/// Values are kept in one text, in PostgreSQL's input form: most objects are read again unchanged,
/// and such a row is dropped as soon as its fingerprint was compared with the stored one.
class MirrorRow {
public:
    MirrorRow(std::string id, const ResponseInfo& response)
        : id_(std::move(id)), response_(&response) {}

    /// The value of the next column.
    void add(const std::string& value);
    void add(std::int64_t value);
    void add(bool value);
    template <typename T>
    void add(const std::optional<T>& value) {
        fingerprint_.add(value);
        if (value)
            put(*value);
        else
            put_null();
        ends_.push_back(text_.size());
    }

    /// A value without a column of its own whose change must be noticed too.
    template <typename T>
    void add_to_fingerprint(const T& value) {
        fingerprint_.add(value);
    }

    void set_recheck(std::optional<Recheck> recheck) noexcept { recheck_ = recheck; }

    const std::string& id() const noexcept { return id_; }
    const ResponseInfo& response() const noexcept { return *response_; }
    /// As in the column row_hash.
    std::int64_t hash() const noexcept { return fingerprint_.value(); }
    std::size_t columns() const noexcept { return ends_.size(); }
    /// The value of a column in PostgreSQL's input form; nothing = NULL.
    std::optional<std::string_view> cell(std::size_t column) const;
    /// Nothing: Stripe does not change the object by itself any more.
    const std::optional<Recheck>& recheck() const noexcept { return recheck_; }

private:
    void put(const std::string& value);
    void put(std::int64_t value);
    void put(bool value);
    void put_null();

    std::string id_;
    const ResponseInfo* response_;
    std::string text_;  // each value after a byte that says whether it is NULL
    std::vector<std::size_t> ends_;
    Fingerprint fingerprint_;
    std::optional<Recheck> recheck_;
};

/// A column of a mirror table: its name, the type of its values, and where in the object they come
/// from. Made by column().
struct MirrorColumn {
    const char* name;
    const char* type;  ///< PostgreSQL's, or kTime
    void (*add)(MirrorRow& row, const void* object);
};

/// The type of columns that are timestamptz, while the object has Unix seconds.
inline constexpr const char* kTime = "time";

namespace detail {

template <typename V>
struct ColumnType;
template <>
struct ColumnType<bool> {
    static constexpr const char* name = "boolean";
};
template <>
struct ColumnType<std::int64_t> {
    static constexpr const char* name = "bigint";
};
template <>
struct ColumnType<std::string> {
    static constexpr const char* name = "text";
};
template <typename V>
struct ColumnType<std::optional<V>> : ColumnType<V> {};

/// The object and the value of `V T::*` or `V (*)(const T&)`.
template <typename A>
struct Accessor;
template <typename T, typename V>
struct Accessor<V T::*> {
    using Object = T;
    using Value = V;
};
template <typename T, typename V>
struct Accessor<V (*)(const T&)> {
    using Object = T;
    using Value = V;
};

}  // namespace detail

/// The column `name`, whose values are a member of the object, or what a function of it returns:
///
///     column<&Refund::amount>("amount"),
///     column<&Refund::created>("created", kTime),
///     column<&brand_of>("brand"),
///
/// The type follows from the value if it is not given.
template <auto accessor>
MirrorColumn column(const char* name,
                    const char* type = detail::ColumnType<
                        std::decay_t<typename detail::Accessor<decltype(accessor)>::Value>>::name) {
    using T = typename detail::Accessor<decltype(accessor)>::Object;
    return {name, type, [](MirrorRow& row, const void* object) {
                const auto& of = *static_cast<const T*>(object);
                if constexpr (std::is_member_pointer_v<decltype(accessor)>)
                    row.add(of.*accessor);
                else
                    row.add(accessor(of));
            }};
}

}  // namespace paysync::reconciliation::store
