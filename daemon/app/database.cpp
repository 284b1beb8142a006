// SPDX-License-Identifier: MIT
#include "daemon/app/database.hpp"

#include "daemon/base/db/conninfo.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paysync {

std::string conninfo_of(const config::Database& database, const std::string& program,
                        Patience patience) {
    std::map<std::string, std::string> settings;
    settings["application_name"] = program;
    settings["client_encoding"] = "UTF8";
    settings["connect_timeout"] = std::to_string(std::max<std::int64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(database.connect_timeout).count(), 2));
    // A pulled cable is noticed within half a minute, not after TCP's quarter of an hour.
    settings["keepalives_idle"] = "10";
    settings["keepalives_interval"] = "5";
    settings["keepalives_count"] = "3";
    settings["tcp_user_timeout"] = "25000";
    settings["target_session_attrs"] = "read-write";
    // What a database or a role sets must not change how values are read.
    settings["options"] =
        "-c timezone=UTC -c jit=off -c bytea_output=hex -c datestyle=ISO,YMD "
        "-c intervalstyle=postgres -c extra_float_digits=1 -c standard_conforming_strings=on "
        "-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off "
        "-c array_nulls=on -c transform_null_equals=off -c join_collapse_limit=12 "
        "-c from_collapse_limit=12";
    if (patience == Patience::limited)
        settings["options"] += fmt::format(
            " -c statement_timeout={} -c lock_timeout=10000 -c "
            "idle_in_transaction_session_timeout=60000",
            database.statement_timeout.count());
    if (database.password)
        settings["password"] = database.password->reveal();
    return db::conninfo(database.dsn, settings);
}

}  // namespace paysync
