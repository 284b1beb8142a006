// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bench {

/// What a plain sync engine does: reads an account's pages one after the other, parses them with
/// our own strict reader, and brings them into a table of the same typed columns by COPY and an
/// upsert, so many pages a commit. It keeps no history, matches nothing, proves nothing.
struct CopyEngine {
    std::string dsn;
    int stripe_port = 0;
    std::string stripe_key;
    int pages_per_commit = 10;

    /// Seconds for all charges of these accounts, a thread each.
    double fill(const std::vector<std::string>& accounts) const;
    /// Seconds to read the pages again and compare id and hash of each row, without writing.
    double compare(const std::vector<std::string>& accounts) const;
};

}  // namespace bench
