// SPDX-License-Identifier: MIT
#include "tests/support/temp_database.hpp"

#include "jobs/schema/schema.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace paysync::test {

namespace {

std::string dsn_of(const std::string& database) {
    return fmt::format("host={} port=5432 user=paysync dbname={}", cluster_socket_folder(),
                       database);
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// Options of CREATE DATABASE, such as a locale, that all databases are made with.
std::string database_options() {
    return environment("PAYSYNC_TEST_DATABASE");
}

/// Named after its contents, so that a rebuilt binary never copies an older schema.
std::string template_name() {
    const auto& schema = schema::current();
    std::string all = schema.code_hash + database_options();
    for (const auto& file : schema.tables)
        all += file.sql;
    return fmt::format("template_{:x}", std::hash<std::string>()(all));
}

bool exists(pqxx::nontransaction& tx, const std::string& database) {
    return !tx.exec("SELECT 1 FROM pg_database WHERE datname = " + tx.quote(database)).empty();
}

void ensure_template(pqxx::nontransaction& tx, const std::string& name) {
    // Test programs run in parallel; the first one makes the template.
    tx.exec("SELECT pg_advisory_lock(4711)");
    if (!exists(tx, name)) {
        const auto unfinished = name + "_new";
        tx.exec("DROP DATABASE IF EXISTS " + unfinished + " WITH (FORCE)");
        tx.exec("CREATE DATABASE " + unfinished + " TEMPLATE template0 " + database_options());
        db::migrate(dsn_of(unfinished), schema::current(), false, [](const auto&) {});
        tx.exec("ALTER DATABASE " + unfinished + " RENAME TO " + name);
    }
    tx.exec("SELECT pg_advisory_unlock(4711)");
}

}  // namespace

std::string cluster_socket_folder() {
    const char* cluster = std::getenv("PAYSYNC_TEST_CLUSTER");
    std::string folder;
    if (!cluster || !(std::ifstream(std::string(cluster) + "/where") >> folder))
        throw std::runtime_error(
            "no private PostgreSQL cluster: run the tests by ctest, or 'scripts/cluster start DIR' "
            "and set "
            "PAYSYNC_TEST_CLUSTER=DIR");
    return folder;
}

void make_login_roles(pqxx::connection& connection) {
    for (const auto& [role, group] :
         {std::pair(kServiceRole, "pay_daemon"), std::pair(kOperatorRole, "pay_operator")}) {
        pqxx::work tx(connection);
        // Roles belong to the cluster, which tests use in parallel.
        tx.exec(fmt::format(R"sql(
            DO $$
            BEGIN
                CREATE ROLE {0} LOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END $$;
            DO $$
            BEGIN
                IF NOT pg_has_role('{0}', '{1}', 'MEMBER') THEN
                    GRANT {1} TO {0};
                END IF;
            EXCEPTION WHEN undefined_object OR unique_violation THEN
                NULL;
            END $$;)sql",
                            role, group));
        tx.commit();
    }
}

TempDatabase::TempDatabase(Contents contents) {
    static std::atomic<int> counter{0};
    name_ = fmt::format("test_{}_{}", ::getpid(), ++counter);
    dsn_ = dsn_of(name_);
    pqxx::connection admin(dsn_of("postgres"));
    pqxx::nontransaction tx(admin);
    std::string source = "template0";
    if (contents == Contents::migrated) {
        source = template_name();
        ensure_template(tx, source);
    }
    tx.exec("CREATE DATABASE " + name_ + " TEMPLATE " + source +
            (contents == Contents::migrated ? "" : " " + database_options()));
    // Of the database, as its owner may have set them: "bytea_output = escape|…".
    std::istringstream settings(environment("PAYSYNC_TEST_SETTINGS"));
    for (std::string setting; std::getline(settings, setting, '|');)
        tx.exec("ALTER DATABASE " + name_ + " SET " + setting);
}

TempDatabase::~TempDatabase() {
    if (std::getenv("PAYSYNC_KEEP_TEST_DATABASES"))
        return;
    try {
        pqxx::connection admin(dsn_of("postgres"));
        pqxx::nontransaction(admin).exec("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
        // If the test has killed its server, there is nothing to drop.
    }
}

}  // namespace paysync::test
