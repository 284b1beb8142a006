// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/bounces_job.hpp"

#include "daemon/base/db/errors.hpp"
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

constexpr std::size_t kAtOnce = 100;

std::vector<store::Report> reports_of(const std::string& name, const mail::Bounce& bounce) {
    std::vector<store::Report> reports;
    for (const auto& recipient : bounce.recipients) {
        store::Report report;
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

void say(const store::Report& report, const std::string& result) {
    const auto to = mail::masked(report.recipient);
    if (result == "bounced")
        log::event(log::kMailReturned)
            .request(report.request_id)
            .warn("mail {} to {} came back: {} {}", report.message_id, to, report.status,
                  report.diagnostic);
    else if (result != "known")
        log::about()
            .request(report.request_id)
            .info("mail {} to {} was reported as {} ({})", report.message_id, to, report.action,
                  result);
}

}  // namespace

Task<void> BouncesJob::run(Context& context) {
    bool more = true;
    while (more && !context.stop.stop_requested()) {
        std::vector<std::string> names;
        Offload look(context.loop, [&] { names = maildir_.waiting(kAtOnce); });
        co_await look;
        more = names.size() == kAtOnce;
        for (const auto& name : names) {
            std::string problem;
            try {
                co_await take(context, name);
            } catch (const db::Unavailable&) {
                throw;
            } catch (const std::exception& e) {
                problem = e.what();
            }
            if (problem.empty()) {
                context.report.did();
                continue;
            }
            context.report.failed("returned mail " + name + " could not be dealt with");
            spdlog::error("returned mail {}: {}; read again later", name, problem);
            more = false;  // it is still in front; the next pass comes to it again
        }
    }
}

/// Stored first and moved after it: what is read twice has the same source, and is heard once.
Task<void> BouncesJob::take(Context& context, std::string name) {
    std::optional<mail::Bounce> bounce;
    Offload read(context.loop, [&] {
        if (const auto bytes = maildir_.read(name))
            bounce = mail::parse_bounce(*bytes);
    });
    co_await read;
    if (bounce) {
        const auto reports = reports_of(name, *bounce);
        const auto results = co_await context.db.run(store::take_reports, reports);
        for (std::size_t i = 0; i < reports.size(); ++i)
            say(reports[i], results[i]);
    } else {
        spdlog::info("returned mail {}: no delivery status notification, set aside", name);
    }
    crash_point("after-bounce");
    Offload move(context.loop, [&] { maildir_.dealt_with(name); });
    co_await move;
}

}  // namespace paysync::payment_requests
