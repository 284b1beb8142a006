// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/ctl/rows.hpp"

#include <string>

/// What paysyncctl can do. All print to standard output and throw std::exception with what an
/// operator can act on.
namespace paysync::cli {

/// Brings the schema up to this binary's version, or says with `dry_run` what it would do.
void migrate(const std::string& conninfo, bool dry_run);

/// Counts of what is waiting, stuck or wrong.
void status(const std::string& conninfo, Format format);

void list_integrations(const std::string& conninfo, Format format);
void list_requests(const std::string& conninfo, int limit, Format format);

/// Checks the rules that must always hold, in one snapshot, and prints what breaks one; with
/// `record` discrepancies are opened and closed first. Yields whether all is well.
bool verify(const std::string& conninfo, bool record, Format format);

/// Open discrepancies with their evidence, the newest first.
void list_discrepancies(const std::string& conninfo, int limit, Format format);

/// What needs a person: a blown fuse, accounts that may be lost.
void list_alarms(const std::string& conninfo, Format format);

/// A person has looked at what the fuse holds back: the next mass change goes through, once.
void clear_fuse(const std::string& conninfo);

/// Settles a mail in doubt by a person's word: it was sent, or it is sent again.
void resolve_mail(const std::string& conninfo, const std::string& request_id, bool sent);

/// Queues failed mails again: those of a request, or one by its own id.
void requeue_mail(const std::string& conninfo, const std::string& id);

/// The mails that failed, came back or are suppressed, the newest first.
void list_failed_mails(const std::string& conninfo, int limit, Format format);

}  // namespace paysync::cli
