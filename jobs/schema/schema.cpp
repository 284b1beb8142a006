// SPDX-License-Identifier: MIT
#include "jobs/schema/schema.hpp"

#include "daemon/base/version/version.hpp"
#include "jobs/embedded.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace paysync::schema {

const db::Schema& current() {
    static const auto schema = [] {
        std::vector<std::pair<std::string_view, std::string_view>> files;
        for (const auto& file : embedded::schema())
            files.emplace_back(file.name, file.text);
        return db::schema_from(version(), files);
    }();
    return schema;
}

db::SchemaState state(pqxx::work& tx) {
    return db::schema_state(tx, current());
}

std::string problem(const db::SchemaState& state) {
    return db::schema_problem(state, current().version);
}

}  // namespace paysync::schema
