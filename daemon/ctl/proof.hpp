// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/ctl/rows.hpp"

#include <string>

/// What of Stripe's objects is proven to be read, and reading it again.
namespace paysync::cli {

/// Which proof is asked for; times as moment_utc() gives them.
struct Asked {
    std::string company;  ///< of all when empty
    std::string from;     ///< the whole proof as it is when empty
    std::string to;       ///< when empty, until now, as far as the daemon's pace allows
};

/// Prints what is proven to be read, with a verdict in words for each stream. Yields whether the
/// range that was asked for is complete, which is false when there is nothing; without one, true.
bool prove(const std::string& conninfo, const Asked& asked, Format format);

/// What reading objects again that were drawn at random says of all rows.
void audit(const std::string& conninfo, Format format);

/// Prints what of a company would be listed again from this time on. Throws for a company that is
/// unknown or not read.
void plan_backfill(const std::string& conninfo, const std::string& company, const std::string& from,
                   Format format);

/// Has it listed again, and prints what.
void apply_backfill(const std::string& conninfo, const std::string& company,
                    const std::string& from);

}  // namespace paysync::cli
