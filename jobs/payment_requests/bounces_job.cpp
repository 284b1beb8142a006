// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/bounces_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/loop/offload.hpp"
#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/bounce.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/bounces_store.hpp"

#include <spdlog/spdlog.h>

#include <optional>

namespace paysync::payment_requests {

namespace {

constexpr std::size_t kBouncesAtOnce = 100;

std::vector<store::BounceReport> reports_of(const std::string& name, const mail::Bounce& bounce) {
    std::vector<store::BounceReport> reports;
    for (const auto& recipient : bounce.recipients) {
        store::BounceReport report;
        report.source = "maildir:" + name;
        report.message_id = bounce.message_id;
        report.request_id = bounce.request_id;
        report.kind = bounce.kind;
        report.recipient = recipient.address;
        report.action = recipient.action;
        report.status = recipient.status;
        report.diagnostic = mail::masked_text(recipient.diagnostic);
        reports.push_back(std::move(report));
    }
    return reports;
}

void log_result(const store::BounceReport& report, const std::string& result) {
    const auto to = mail::masked(report.recipient);
    if (result == "bounced")
        log::event(log::kMailReturned)
            .request(report.request_id)
            .warn("message {} to {}: bounced: {} {}", report.message_id, to, report.status,
                  report.diagnostic);
    else if (result != "known")
        log::about()
            .request(report.request_id)
            .info("message {} to {}: reported as {}: {}", report.message_id, to, report.action,
                  result);
}

}  // namespace

Task<void> BouncesJob::run(Context& context) {
    bool more = true;
    while (more && !context.stop.stop_requested()) {
        std::vector<std::string> names;
        Offload list(context.loop, [&] { names = maildir_.unread(kBouncesAtOnce); });
        co_await list;
        more = names.size() == kBouncesAtOnce;
        for (const auto& name : names) {
            std::string problem;
            try {
                co_await process(context, name);
            } catch (const db::Unavailable&) {
                throw;
            } catch (const std::exception& e) {
                problem = e.what();
            }
            if (problem.empty()) {
                context.report.did();
                continue;
            }
            context.report.failed("bounce " + name + " could not be processed");
            spdlog::error("bounce {}: cannot be processed: {}; next attempt with the next pass",
                          name, problem);
            more = false;  // it is still the first one, for the next pass
        }
    }
}

/// Stored first, moved afterwards: a message that is read twice has the same source, and counts
/// once.
Task<void> BouncesJob::process(Context& context, std::string name) {
    std::optional<mail::Bounce> bounce;
    Offload read(context.loop, [&] {
        if (const auto bytes = maildir_.read(name))
            bounce = mail::parse_bounce(*bytes);
    });
    co_await read;
    if (bounce) {
        const auto reports = reports_of(name, *bounce);
        const auto results = co_await context.db.run(store::apply_bounces, reports);
        for (std::size_t i = 0; i < reports.size(); ++i)
            log_result(reports[i], results[i]);
    } else {
        spdlog::info("bounce {}: no delivery status notification; moved to cur", name);
    }
    crash_point("after-bounce");
    Offload move(context.loop, [&] { maildir_.mark_seen(name); });
    co_await move;
}

}  // namespace paysync::payment_requests
