// SPDX-License-Identifier: MIT
#include "config/config.hpp"

#include "config/duration.hpp"
#include "config/file.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace paysync::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kBusNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

Leases read_leases(const Section& section) {
    Leases leases;
    leases.duration = section.duration("duration", leases.duration, 2s, 1h);
    leases.renew = section.duration("renew", leases.duration / 3, 100ms, 1h);
    if (leases.renew > leases.duration / 2) {
        section.fail("renew", "must be at most half of leases.duration (" +
                                  format_duration(leases.duration) + "), got " +
                                  format_duration(leases.renew));
    }
    section.finish();
    return leases;
}

Runs read_runs(const Section& section) {
    Runs runs;
    runs.keep =
        std::chrono::floor<std::chrono::hours>(section.duration("keep", runs.keep, 1h, 24h * 3650));
    section.finish();
    return runs;
}

Metrics read_metrics(const Section& section) {
    Metrics metrics;
    if (const auto listen = section.maybe_text("listen")) {
        const auto colon = listen->rfind(':');
        const auto digits = colon == listen->npos ? std::string() : listen->substr(colon + 1);
        metrics.host = listen->substr(0, colon);
        const auto end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, metrics.port);
        const bool loopback = *metrics.host == "[::1]" || *metrics.host == "127.0.0.1";
        if (!loopback || read.ec != std::errc() || read.ptr != end || metrics.port < 1 ||
            metrics.port > 65535)
            section.fail("listen",
                         "must be a loopback address with a port, such as 127.0.0.1:9464 or "
                         "[::1]:9464; other machines must not see the metrics");
        if (*metrics.host == "[::1]")
            metrics.host = "::1";
    }
    section.finish();
    return metrics;
}

Bus read_bus(const Section& section) {
    Bus bus;
    bus.enabled = section.flag("enabled", bus.enabled);
    const auto own = bus.name;
    bus.name = section.text("name", bus.name);
    const bool below =
        bus.name.starts_with(own + ".") && bus.name.size() > own.size() + 1 &&
        bus.name.find_first_not_of(kBusNameCharacters, own.size() + 1) == std::string::npos &&
        std::isdigit(static_cast<unsigned char>(bus.name[own.size() + 1])) == 0;
    if (bus.name != own && !below)
        section.fail("name", "must be " + own + " or " + own + ".WORD, such as " + own +
                                 ".west; the D-Bus policy allows no other name");
    section.finish();
    return bus;
}

Log read_log(const Section& section) {
    Log log;
    log.level = section.choice("level", log.level,
                               {{"trace", "trace"},
                                {"debug", "debug"},
                                {"info", "info"},
                                {"warning", "warning"},
                                {"error", "error"}});
    log.target = section.choice("target", log.target,
                                {{"auto", Log::Target::automatic},
                                 {"journal", Log::Target::journal},
                                 {"stderr", Log::Target::standard_error}});
    section.finish();
    return log;
}

Job read_job(const Section& jobs, const std::string& name, std::chrono::milliseconds every) {
    const Section section = jobs.section(name);
    section.has("schedules");  // marked as known; check_schedules() reads it
    return {name, section.flag("enabled", true), section.duration("every", every, 100ms, 24h),
            section.percent("jitter", 10, 0, 50), section};
}

std::vector<Job> read_jobs(const Section& section) {
    std::vector<Job> jobs;
    jobs.push_back(read_job(section, "onboarding", 5min));
    jobs.push_back(read_job(section, "payment_requests", 2s));
    jobs.push_back(read_job(section, "reconciliation", 1min));
    section.finish();
    return jobs;
}

void check_readable(const Section& section, std::string_view key,
                    const std::filesystem::path& path) {
    constexpr std::size_t kLargest = 16 << 20;
    try {
        read_file(path, kLargest);
    } catch (const std::runtime_error& e) {
        section.fail(key, "file " + path.string() + ": " + e.what());
    }
}

void check_readable_directory(const Section& section, std::string_view key,
                              const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::directory_iterator entries(path, error);
    if (error)
        section.fail(key, "directory " + path.string() + ": " + error.message());
}

void check_account(const MailAccount& account, const Section& root) {
    if (account.password)
        account.password->reveal();
    if (!account.ca_file)
        return;
    for (const auto& section : root.section("mail").sections("accounts"))
        if (section.text("name") == account.name)
            return check_readable(section, "ca_file", *account.ca_file);
    check_readable(root.section("smtp"), "ca_file", *account.ca_file);
}

}  // namespace

const Job& Config::job(std::string_view name) const {
    const auto found =
        std::find_if(jobs.begin(), jobs.end(), [name](const Job& job) { return job.name == name; });
    if (found == jobs.end())
        throw std::out_of_range("unknown job " + std::string(name));
    return *found;
}

Config read_config(const Document& document) {
    const Section root = document.root();
    // Only the first error is shown. Misspelt section names are checked first: otherwise the
    // section would be reported as missing. The braces below are evaluated in order.
    for (const auto* name :
         {"database", "stripe", "smtp", "mail", "leases", "runs", "metrics", "bus", "log", "jobs"})
        root.has(name);
    root.finish();
    return {read_database(root.section("database")),
            read_stripe(root.section("stripe")),
            read_mail(root.section("mail"), root.section("smtp")),
            read_leases(root.section("leases")),
            read_runs(root.section("runs")),
            read_metrics(root.section("metrics")),
            read_bus(root.section("bus")),
            read_log(root.section("log")),
            read_jobs(root.section("jobs")),
            document};
}

Config load_config(const std::filesystem::path& path) {
    return read_config(Document::load(path));
}

void check_files(const Config& config) {
    const Section root = config.document.root();
    if (config.database.password)
        config.database.password->reveal();
    config.stripe.key();
    for (const auto& account : config.mail.accounts)
        check_account(account, root);
    if (config.mail.bounces)
        for (const auto* part : {"new", "cur"})
            check_readable_directory(root.section("mail").section("bounces"), "maildir",
                                     *config.mail.bounces / part);
    if (config.mail.templates)
        check_readable_directory(root.section("mail"), "templates", *config.mail.templates);
}

}  // namespace paysync::config
