// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bench {

/// A plain sync engine, to compare reconciliation with. It reads an account's pages one after the
/// other, parses them with our own strict reader, and writes them to a table of the same typed
/// columns by COPY and an upsert, several pages per commit. It keeps no history, matches no
/// payments and checks nothing.
struct CopyEngine {
    std::string dsn;
    int stripe_port = 0;
    std::string stripe_key;
    int pages_per_commit = 10;

    /// Seconds to store all charges of these accounts, with a thread for each account.
    double fill(const std::vector<std::string>& accounts) const;
    /// Seconds to read the pages again and compare id and hash of each row, without writing.
    double compare(const std::vector<std::string>& accounts) const;
};

}  // namespace bench
