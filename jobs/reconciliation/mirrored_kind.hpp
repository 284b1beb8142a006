// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/ledger_store.hpp"
#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/reconciliation/object_batch.hpp"
#include "jobs/stripe/balance_transaction.hpp"
#include "jobs/stripe/json.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace paysync::reconciliation::store {

/// How objects of the type T become rows of their kind's table; one static instance in the kind's
/// store, for example:
///
///     const MirroredKind<Refund>& refund_mapping() {
///         static const MirroredKind<Refund> mapping(
///             kRefunds, {.read = &stripe::read_refund,
///                        .columns = {column<&Refund::created>("created", kTime),
///                                    column<&Refund::amount>("amount")},
///                        .recheck = &refund_recheck,
///                        .after_change = &after_refund_change});
///         return mapping;
///     }
///
/// T has the members id and created, and livemode unless Stripe does not send it.
template <typename T>
class MirroredKind {
public:
    using Objects = std::vector<ReadObject<T>>;

    struct Mapping {
        /// Throws stripe::FieldError for an object that goes to quarantine.
        T (*read)(const stripe::Object& object) = nullptr;
        /// The columns that Stripe's object fills, without the id. Columns that only paysync writes
        /// (request_id of a charge) are not among them.
        std::vector<MirrorColumn> columns = {};
        /// Adds values without a column whose change must be noticed all the same.
        void (*fingerprint)(const T& object, MirrorRow& row) = nullptr;
        /// Until when Stripe may change the object by itself; without, or nothing: not at all.
        std::optional<Recheck> (*recheck)(const T& object) = nullptr;
        /// Ledger rows that came inside the object. They are stored if the object changed or was
        /// read by id; later changes of them come with the ledger's own stream.
        std::vector<stripe::BalanceTransaction> (*ledger_rows)(const T& object) = nullptr;
        /// Applies the consequences of objects that are new or changed, after their rows were
        /// written. Returns the payment requests whose state or money changed.
        std::vector<SettledRequest> (*after_change)(pqxx::work& tx, const AccountRead& read,
                                                    const std::vector<const T*>& changed) = nullptr;
        /// See MirrorTable.
        const char* guard = "true";
    };

    MirroredKind(const StreamKind& kind, Mapping mapping)
        : mapping_(std::move(mapping)), table_(kind, mapping_.columns, mapping_.guard) {}

    /// As StreamKind::new_batch.
    std::unique_ptr<ObjectBatch> new_batch(std::optional<bool> livemode) const {
        return std::make_unique<Batch>(*this, livemode);
    }

    /// Writes the objects that are new or changed, their ledger rows, and their consequences
    /// (after_change).
    Changes apply_changes(pqxx::work& tx, const AccountRead& read, const Objects& objects) const {
        std::vector<MirrorRow> rows;
        rows.reserve(objects.size());
        for (const auto& item : objects)
            rows.push_back(row_of(item));
        const auto written = write_changed(tx, read, table_, rows);
        if (mapping_.ledger_rows)
            store_ledger_rows(tx, read, objects, written);
        Changes changes;
        changes.written = static_cast<int>(written.size());
        if (mapping_.after_change && !written.empty()) {
            std::vector<const T*> changed;
            for (const auto place : written)
                changed.push_back(&objects[place].object);
            changes.settled = mapping_.after_change(tx, read, changed);
        }
        return changes;
    }

private:
    class Batch final : public ObjectBatch {
    public:
        Batch(const MirroredKind& kind, std::optional<bool> livemode)
            : kind_(kind), livemode_(livemode) {}

        Changes apply_changes(pqxx::work& tx, const AccountRead& read) const override {
            return kind_.apply_changes(tx, read, objects_);
        }

    private:
        Identity read(const stripe::Object& json, const ResponseInfo& response) override {
            T object = kind_.mapping_.read(json);
            // Test and live objects never meet in one account's rows.
            if constexpr (requires { object.livemode; })
                if (livemode_ && object.livemode != *livemode_)
                    throw stripe::FieldError("livemode", kWrongMode);
            objects_.push_back({std::move(object), &response});
            return {objects_.back().object.id, objects_.back().object.created};
        }

        const MirroredKind& kind_;
        std::optional<bool> livemode_;
        Objects objects_;
    };

    MirrorRow row_of(const ReadObject<T>& item) const {
        MirrorRow row(item.object.id, *item.response);
        for (const auto& column : mapping_.columns)
            column.add(row, &item.object);
        if (mapping_.fingerprint)
            mapping_.fingerprint(item.object, row);
        if (mapping_.recheck)
            row.set_recheck(mapping_.recheck(item.object));
        return row;
    }

    void store_ledger_rows(pqxx::work& tx, const AccountRead& read, const Objects& objects,
                           const std::vector<std::size_t>& written) const {
        std::vector<ReadObject<stripe::BalanceTransaction>> rows;
        auto changed = written.begin();
        for (std::size_t i = 0; i < objects.size(); ++i) {
            const bool is_changed = changed != written.end() && *changed == i;
            changed += is_changed ? 1 : 0;
            if (is_changed || read.source == AccountRead::Source::object)
                for (auto& row : mapping_.ledger_rows(objects[i].object))
                    rows.push_back({std::move(row), objects[i].response});
        }
        store_accompanying_ledger_rows(tx, read.account_id, rows);
    }

    Mapping mapping_;
    MirrorTable table_;
};

}  // namespace paysync::reconciliation::store
