// SPDX-License-Identifier: MIT
#include "daemon/db/connection.hpp"

#include "daemon/db/errors.hpp"

#include <algorithm>

namespace paysync::db {

namespace {

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

bool starts_with_any(const std::string& sqlstate, std::initializer_list<const char*> classes) {
    return std::any_of(classes.begin(), classes.end(),
                       [&](const char* prefix) { return sqlstate.rfind(prefix, 0) == 0; });
}

/// The server is going away (57P), the connection broke (08), too many clients (53300), or it only
/// reads (25006).
bool means_unavailable(const std::string& sqlstate) {
    return starts_with_any(sqlstate, {"57P", "08", "53300", "25006"});
}

bool means_again(const std::string& sqlstate) {
    return sqlstate == "40001" || sqlstate == "40P01";
}

constexpr int kConflictRetries = 3;

}  // namespace

void Connection::connect() {
    try {
        connection_ = std::make_unique<pqxx::connection>(conninfo_);
    } catch (const pqxx::failure& e) {
        connection_.reset();
        throw Unavailable(trimmed(e.what()));
    }
}

void Connection::run(const std::function<void(pqxx::work&)>& work) {
    int conflicts = 0;
    for (;;) {
        const bool fresh = !connection_;
        if (fresh)
            connect();
        std::string lost;
        try {
            pqxx::work tx(*connection_);
            work(tx);
            tx.commit();
            return;
        } catch (const pqxx::in_doubt_error& e) {
            connection_.reset();
            throw CommitInDoubt(trimmed(e.what()));
        } catch (const pqxx::broken_connection& e) {
            lost = trimmed(e.what());
        } catch (const pqxx::sql_error& e) {
            if (means_again(e.sqlstate()) && conflicts++ < kConflictRetries)
                continue;
            if (!means_unavailable(e.sqlstate()))
                throw StatementError(trimmed(e.what()) + " (SQLSTATE " + e.sqlstate() + ")",
                                     e.sqlstate());
            lost = trimmed(e.what());
        }
        // libpqxx would reconnect by itself, two errors later and without our settings.
        connection_.reset();
        if (fresh)
            throw Unavailable(lost);
    }
}

}  // namespace paysync::db
