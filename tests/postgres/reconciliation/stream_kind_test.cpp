// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/stream_kind.hpp"

#include "jobs/reconciliation/object_batch.hpp"
#include "tests/postgres/schema/database.hpp"

#include <fmt/format.h>

#include <set>
#include <string>

namespace paysync::reconciliation {
namespace {

class StreamKinds : public test::SchemaTest {};

TEST_F(StreamKinds, AreTheSameInSqlAndInTheDaemon) {
    std::set<std::string> of_daemon;
    for (const auto* kind : stream_kinds())
        of_daemon.insert(fmt::format("{}|{}|{}|{}|{}", kind->stream, kind->object, kind->table,
                                     kind->id_column, kind->of_platform ? "t" : "f"));
    std::string expected;
    for (const auto& kind : of_daemon)
        expected += (expected.empty() ? "" : " ") + kind;
    EXPECT_EQ(
        column("SELECT concat_ws('|', stream, object, 'pay_private.' || table_name, "
               "id_column, of_platform) COLLATE \"C\" FROM pay_private.stream_kind ORDER BY 1"),
        expected);
}

TEST_F(StreamKinds, HaveTablesWithTheColumnsOfEveryMirror) {
    for (const auto* kind : stream_kinds()) {
        EXPECT_EQ(value(fmt::format(
                      "SELECT count(*) FROM pg_attribute WHERE attrelid = '{}'::regclass AND "
                      "attname IN ('account_id', '{}', 'created', 'read_at', 'stripe_request_id', "
                      "'row_hash', 'next_check_at', 'gone_at', 'gone_request_id')",
                      kind->table, kind->id_column)),
                  "9")
            << kind->table;
        EXPECT_TRUE(kind->new_batch(false)) << kind->stream;
        EXPECT_EQ(&stream_kind(kind->stream), kind);
    }
    EXPECT_THROW(stream_kind("transfers"), std::out_of_range);
}

TEST_F(StreamKinds, AreFoundByTheIdsOfTheirObjects) {
    EXPECT_EQ(
        column("SELECT coalesce(pay_private.stream_of(id), 'none') FROM unnest(ARRAY['ch_1', "
               "'py_1', 're_1', 'pyr_1', 'dp_1', 'du_1', 'po_1', 'txn_1', 'plink_1']) id"),
        "charges charges refunds refunds disputes disputes payouts balance_transactions none");
}

}  // namespace
}  // namespace paysync::reconciliation
