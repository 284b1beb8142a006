// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/mirror_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/reconciliation/read_clock_store.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <map>
#include <string_view>

namespace paysync::reconciliation::store {

namespace {

using ById = std::map<std::string, const MirrorRow*>;

bool is_time(const MirrorColumn& column) {
    return std::string_view(column.type) == "time";
}

/// The statement takes an array of each column, so that one does for any number of rows. They are
/// unnested in a select list: in FROM each would be put aside as a table of its own first.
std::string upsert_into(const Kind& kind, const std::vector<MirrorColumn>& columns,
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
    add_array("answer", "text");
    add_array("read", "double precision");
    return fmt::format(
        R"sql(
        INSERT INTO {table} AS m
               (account_id, {id}, {names} row_hash, next_check_at, read_at, stripe_request_id)
        SELECT $1, t.id, {values} t.hash,
               CASE WHEN t.until IS NOT NULL THEN
                    pay_private.next_check(to_timestamp(t.created), to_timestamp(t.until),
                                           to_timestamp(t.not_before)) END,
               to_timestamp(t.read), t.answer
          FROM (SELECT {arrays}) AS t
        ON CONFLICT (account_id, {id}) DO UPDATE
           SET {updates} read_at = excluded.read_at,
               stripe_request_id = excluded.stripe_request_id, row_hash = excluded.row_hash,
               next_check_at = excluded.next_check_at, gone_at = NULL, gone_request_id = NULL
         WHERE (m.row_hash IS DISTINCT FROM excluded.row_hash OR m.gone_at IS NOT NULL
                OR ({olds}) IS DISTINCT FROM ({news}))
           AND m.read_at <= excluded.read_at AND {guard}
        RETURNING m.{id})sql",
        fmt::arg("table", kind.table), fmt::arg("id", kind.id), fmt::arg("names", names),
        fmt::arg("values", values), fmt::arg("arrays", arrays), fmt::arg("updates", updates),
        fmt::arg("olds", olds), fmt::arg("news", news), fmt::arg("guard", guard));
}

/// An object may come twice, and an upsert takes each only once: the newest.
ById by_id(const std::vector<MirrorRow>& rows) {
    ById found;
    for (const auto& row : rows) {
        const auto [place, fresh] = found.emplace(row.id(), &row);
        if (!fresh && place->second->answer().asked <= row.answer().asked)
            place->second = &row;
    }
    return found;
}

std::vector<std::string> write(pqxx::work& tx, const Read& read, const Mirror& mirror,
                               const ById& rows) {
    if (rows.empty())
        return {};
    const ReadClock clock(tx);
    Column ids, hashes, untils, not_befores, answers, reads;
    std::vector<Column> columns(mirror.columns());
    for (const auto& [id, row] : rows) {
        ids.add(id);
        for (std::size_t i = 0; i < columns.size(); ++i)
            columns[i].add(row->cell(i));
        hashes.add(row->hash());
        untils.add(row->until());
        not_befores.add(row->not_before());
        answers.add(row->answer().stripe_request_id);
        reads.add(fmt::format("{:.6f}", clock.of(row->answer().asked)));
    }
    std::vector<std::string> parameters = {read.account_id, ids.literal()};
    for (const auto& column : columns)
        parameters.push_back(column.literal());
    for (const Column* column : {&hashes, &untils, &not_befores, &answers, &reads})
        parameters.push_back(column->literal());
    std::vector<std::string> written;
    for (const auto& row : db::execute_composed(tx, mirror.upsert(), parameters))
        written.push_back(text(row[0]));
    return written;
}

/// Takes those out whose stored hash is the same.
void forget_unchanged(ById& rows, const pqxx::result& stored) {
    for (const auto& known : stored) {
        const auto row = rows.find(text(known[0]));
        if (row != rows.end() && row->second->hash() == known[1].as<std::int64_t>())
            rows.erase(row);
    }
}

void look_later(pqxx::work& tx, const Read& read, const Mirror& mirror, const ById& rows) {
    Column ids, untils, not_befores;
    for (const auto& [id, row] : rows) {
        ids.add(id);
        untils.add(row->until());
        not_befores.add(row->not_before());
    }
    db::execute_composed(tx, mirror.look_later(),
                         {read.account_id, ids.literal(), untils.literal(), not_befores.literal()});
}

bool lies_in(std::int64_t created, const std::vector<Span>& spans) {
    for (const auto& span : spans)
        if (created >= span.from && created <= span.to)
            return true;
    return false;
}

/// What was stored there and not listed now: gone, or shown late.
void look_now(pqxx::work& tx, const Read& read, const Mirror& mirror, const pqxx::result& stored,
              const ById& listed) {
    Column absent;
    for (const auto& known : stored)
        if (listed.count(text(known[0])) == 0 && known[3].is_null() &&
            lies_in(known[2].as<std::int64_t>(), read.whole))
            absent.add(text(known[0]));
    if (!absent.empty())
        db::execute_composed(tx, mirror.look_now(), {read.account_id, absent.literal()});
}

}  // namespace

std::optional<std::string_view> MirrorRow::cell(std::size_t column) const {
    const auto begin = column == 0 ? 0 : ends_.at(column - 1);
    const auto value = std::string_view(text_).substr(begin, ends_.at(column) - begin);
    if (value.front() == kNull)
        return std::nullopt;
    return value.substr(1);
}

Mirror::Mirror(const Kind& kind, std::vector<MirrorColumn> columns, const char* guard)
    : columns_(columns.size()), upsert_(upsert_into(kind, columns, guard)) {
    // Each id and each span is looked up on its own (OFFSET 0), or a large account, or statistics
    // from before its backfill, make PostgreSQL read the whole account for each page.
    hashes_of_ids_ = fmt::format(
        R"sql(
        SELECT m.* FROM unnest($2::text[]) AS asked (id)
         CROSS JOIN LATERAL (SELECT {0}, row_hash FROM {1}
                              WHERE account_id = $1 AND {0} = asked.id OFFSET 0) m)sql",
        kind.id, kind.table);
    // A second more at both ends, which the neighbours share.
    hashes_of_spans_ = fmt::format(
        R"sql(
        SELECT m.* FROM unnest($2::bigint[], $3::bigint[]) AS s (oldest, newest)
         CROSS JOIN LATERAL (SELECT {0}, row_hash, floor(extract(epoch FROM created))::bigint, gone_at
                               FROM {1}
                              WHERE account_id = $1 AND created >= to_timestamp(s.oldest - 1)
                                AND created < to_timestamp(s.newest + 2) OFFSET 0) m)sql",
        kind.id, kind.table);
    look_later_ = fmt::format(R"sql(
        UPDATE {0} m
           SET next_check_at = pay_private.next_check(m.created, to_timestamp(t.until),
                                                      to_timestamp(t.not_before))
          FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS t (id, until, not_before)
         WHERE m.account_id = $1 AND m.{1} = t.id AND m.next_check_at <= now())sql",
                              kind.table, kind.id);
    look_now_ = fmt::format(R"sql(
        INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
        SELECT $1, '{}', absent, 'not listed' FROM unnest($2::text[]) absent
        ON CONFLICT DO NOTHING)sql",
                            kind.stream);
}

std::vector<std::string> save(pqxx::work& tx, const Read& read, const Mirror& mirror,
                              const std::vector<MirrorRow>& rows) {
    auto changed = by_id(rows);
    if (read.source == "object") {
        auto written = write(tx, read, mirror, changed);
        if (written.empty())
            look_later(tx, read, mirror, changed);
        return written;
    }
    if (read.whole.empty()) {
        Column ids;
        for (const auto& [id, row] : changed)
            ids.add(id);
        if (!ids.empty())
            forget_unchanged(changed, db::execute_composed(tx, mirror.hashes_of_ids(),
                                                           {read.account_id, ids.literal()}));
    } else {
        Column oldest, newest;
        for (const auto& span : read.whole) {
            oldest.add(span.from);
            newest.add(span.to);
        }
        const auto stored = db::execute_composed(
            tx, mirror.hashes_of_spans(), {read.account_id, oldest.literal(), newest.literal()});
        look_now(tx, read, mirror, stored, changed);
        forget_unchanged(changed, stored);
    }
    return write(tx, read, mirror, changed);
}

}  // namespace paysync::reconciliation::store
