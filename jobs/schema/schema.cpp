// SPDX-License-Identifier: MIT
#include "jobs/schema/schema.hpp"

#include "jobs/embedded.hpp"

namespace paysync::schema {

const std::vector<db::Migration>& migrations() {
    static const auto parsed = [] {
        std::vector<std::pair<std::string_view, std::string_view>> files;
        for (const auto& file : embedded::migrations())
            files.emplace_back(file.name, file.text);
        return db::migrations_from(files);
    }();
    return parsed;
}

}  // namespace paysync::schema
