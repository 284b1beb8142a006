// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/mirror_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/read_clock_store.hpp"
#include "jobs/reconciliation/stream_kind.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <cassert>
#include <map>
#include <string_view>

namespace paysync::reconciliation::store {

namespace {

bool is_time(const MirrorColumn& column) {
    return std::string_view(column.type) == kTime;
}

/// One array for each column, so that one statement does for any number of rows. The arrays are
/// unnested in a select list: in FROM, PostgreSQL would first make a table of each.
std::string upsert_into(const StreamKind& kind, const std::vector<MirrorColumn>& columns,
                        const char* guard) {
    std::string names, values, arrays, updates, olds, news;
    int parameter = 2;
    const auto add_array = [&](const char* name, const char* type) {
        arrays += fmt::format("{}unnest(${}::{}[]) AS {}", arrays.empty() ? "" : ", ", parameter++,
                              type, name);
    };
    add_array("id", "text");
    for (const auto& column : columns) {
        add_array(column.name, is_time(column) ? "bigint" : column.type);
        names += fmt::format("{}, ", column.name);
        values += fmt::format(fmt::runtime(is_time(column) ? "to_timestamp(t.{}), " : "t.{}, "),
                              column.name);
        updates += fmt::format("{0} = excluded.{0}, ", column.name);
        olds += fmt::format("{}m.{}", olds.empty() ? "" : ", ", column.name);
        news += fmt::format("{}excluded.{}", news.empty() ? "" : ", ", column.name);
    }
    add_array("hash", "bigint");
    add_array("until", "bigint");
    add_array("not_before", "bigint");
    add_array("response", "text");
    add_array("read", "double precision");
    return fmt::format(
        R"sql(
        INSERT INTO {table} AS m
               (account_id, {id}, {names} row_hash, next_check_at, read_at, stripe_request_id)
        SELECT $1, t.id, {values} t.hash,
               CASE WHEN t.until IS NOT NULL THEN
                    pay_private.next_check(to_timestamp(t.created), to_timestamp(t.until),
                                           to_timestamp(t.not_before)) END,
               to_timestamp(t.read), t.response
          FROM (SELECT {arrays}) AS t
        ON CONFLICT (account_id, {id}) DO UPDATE
           SET {updates} read_at = excluded.read_at,
               stripe_request_id = excluded.stripe_request_id, row_hash = excluded.row_hash,
               next_check_at = excluded.next_check_at, gone_at = NULL, gone_request_id = NULL
         WHERE (m.row_hash IS DISTINCT FROM excluded.row_hash OR m.gone_at IS NOT NULL
                OR ({olds}) IS DISTINCT FROM ({news}))
           AND m.read_at <= excluded.read_at AND {guard}
        RETURNING m.{id})sql",
        fmt::arg("table", kind.table), fmt::arg("id", kind.id_column), fmt::arg("names", names),
        fmt::arg("values", values), fmt::arg("arrays", arrays), fmt::arg("updates", updates),
        fmt::arg("olds", olds), fmt::arg("news", news), fmt::arg("guard", guard));
}

bool lies_in(std::int64_t created, const std::vector<ListedRange>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(), [created](const ListedRange& range) {
        return created >= range.from && created <= range.to;
    });
}

}  // namespace

/// One call of write_changed().
class MirrorWriter {
public:
    MirrorWriter(pqxx::work& tx, const AccountRead& read, const MirrorTable& table,
                 const std::vector<MirrorRow>& rows)
        : tx_(tx), read_(read), table_(table), rows_(rows) {
        // An upsert takes each object only once.
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto [place, is_new] = candidates_.emplace(rows[i].id(), i);
            if (!is_new && rows[place->second].response().asked_at <= rows[i].response().asked_at)
                place->second = i;
        }
    }

    std::vector<std::size_t> write() {
        if (read_.source == AccountRead::Source::object) {
            auto written = upsert();
            if (written.empty())
                schedule_recheck();
            return written;
        }
        if (read_.listed.empty())
            drop_unchanged(stored_of_ids());
        else
            compare_listed_ranges();
        return upsert();
    }

private:
    pqxx::result stored_of_ids() {
        if (candidates_.empty())
            return {};
        Column ids;
        for (const auto& [id, place] : candidates_)
            ids.add(id);
        return db::execute_composed(tx_, table_.hashes_of_ids_, {read_.account_id, ids.literal()});
    }

    void compare_listed_ranges() {
        Column oldest, newest;
        for (const auto& range : read_.listed) {
            oldest.add(range.from);
            newest.add(range.to);
        }
        const auto stored = db::execute_composed(
            tx_, table_.hashes_of_ranges_, {read_.account_id, oldest.literal(), newest.literal()});
        schedule_reread_of_absent(stored);
        drop_unchanged(stored);
    }

    void drop_unchanged(const pqxx::result& stored) {
        for (const auto& known : stored) {
            const auto candidate = candidates_.find(text(known[0]));
            if (candidate != candidates_.end() &&
                rows_[candidate->second].hash() == known[1].as<std::int64_t>())
                candidates_.erase(candidate);
        }
    }

    void schedule_reread_of_absent(const pqxx::result& stored) {
        Column absent;
        for (const auto& known : stored)
            if (candidates_.count(text(known[0])) == 0 && known[3].is_null() &&
                lies_in(known[2].as<std::int64_t>(), read_.listed))
                absent.add(text(known[0]));
        if (!absent.empty())
            db::execute_composed(tx_, table_.schedule_reread_,
                                 {read_.account_id, absent.literal()});
    }

    void schedule_recheck() {
        Column ids, untils, not_befores;
        for (const auto& [id, place] : candidates_) {
            ids.add(id);
            add_recheck(rows_[place], untils, not_befores);
        }
        db::execute_composed(
            tx_, table_.schedule_recheck_,
            {read_.account_id, ids.literal(), untils.literal(), not_befores.literal()});
    }

    static void add_recheck(const MirrorRow& row, Column& untils, Column& not_befores) {
        const auto& recheck = row.recheck();
        untils.add(recheck ? std::optional(recheck->until) : std::nullopt);
        not_befores.add(recheck ? recheck->not_before : 0);
    }

    std::vector<std::size_t> upsert() {
        if (candidates_.empty())
            return {};
        const ReadClock clock(tx_);
        Column ids, hashes, untils, not_befores, responses, reads;
        std::vector<Column> columns(table_.columns());
        for (const auto& [id, place] : candidates_) {
            const auto& row = rows_[place];
            assert(row.columns() == columns.size());
            ids.add(id);
            for (std::size_t i = 0; i < columns.size(); ++i)
                columns[i].add(row.cell(i));
            hashes.add(row.hash());
            add_recheck(row, untils, not_befores);
            responses.add(row.response().stripe_request_id);
            reads.add(fmt::format("{:.6f}", clock.of(row.response().asked_at)));
        }
        std::vector<std::string> parameters = {read_.account_id, ids.literal()};
        for (const auto& column : columns)
            parameters.push_back(column.literal());
        for (const Column* column : {&hashes, &untils, &not_befores, &responses, &reads})
            parameters.push_back(column->literal());
        std::vector<std::size_t> written;
        for (const auto& row : db::execute_composed(tx_, table_.upsert_, parameters))
            written.push_back(candidates_.at(text(row[0])));
        std::sort(written.begin(), written.end());
        return written;
    }

    pqxx::work& tx_;
    const AccountRead& read_;
    const MirrorTable& table_;
    const std::vector<MirrorRow>& rows_;
    std::map<std::string, std::size_t>
        candidates_;  // places in rows_ of what may have to be written
};

MirrorTable::MirrorTable(const StreamKind& kind, const std::vector<MirrorColumn>& columns,
                         const char* guard)
    : columns_(columns.size()), upsert_(upsert_into(kind, columns, guard)) {
    // Each id and each range is looked up on its own (OFFSET 0). Otherwise a large account, or
    // statistics from before its backfill, make PostgreSQL read the whole account for each page.
    hashes_of_ids_ = fmt::format(
        R"sql(
        SELECT m.* FROM unnest($2::text[]) AS asked (id)
         CROSS JOIN LATERAL (SELECT {0}, row_hash FROM {1}
                              WHERE account_id = $1 AND {0} = asked.id OFFSET 0) m)sql",
        kind.id_column, kind.table);
    // A second more at both ends: its objects may be on the neighbouring page as well.
    hashes_of_ranges_ = fmt::format(
        R"sql(
        SELECT m.* FROM unnest($2::bigint[], $3::bigint[]) AS s (oldest, newest)
         CROSS JOIN LATERAL (SELECT {0}, row_hash, floor(extract(epoch FROM created))::bigint, gone_at
                               FROM {1}
                              WHERE account_id = $1 AND created >= to_timestamp(s.oldest - 1)
                                AND created < to_timestamp(s.newest + 2) OFFSET 0) m)sql",
        kind.id_column, kind.table);
    schedule_recheck_ = fmt::format(R"sql(
        UPDATE {0} m
           SET next_check_at = pay_private.next_check(m.created, to_timestamp(t.until),
                                                      to_timestamp(t.not_before))
          FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS t (id, until, not_before)
         WHERE m.account_id = $1 AND m.{1} = t.id AND m.next_check_at <= now())sql",
                                    kind.table, kind.id_column);
    schedule_reread_ = fmt::format(R"sql(
        INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
        SELECT $1, '{}', absent, 'not listed' FROM unnest($2::text[]) absent
        ON CONFLICT DO NOTHING)sql",
                                   kind.stream);
}

const char* to_string(AccountRead::Source source) noexcept {
    return source == AccountRead::Source::list ? "list" : "object";
}

std::vector<std::size_t> write_changed(pqxx::work& tx, const AccountRead& read,
                                       const MirrorTable& table,
                                       const std::vector<MirrorRow>& rows) {
    return MirrorWriter(tx, read, table, rows).write();
}

}  // namespace paysync::reconciliation::store
