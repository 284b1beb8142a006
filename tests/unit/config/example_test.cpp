// SPDX-License-Identifier: MIT
// The annotated example, the reference and the reader must have the same keys and defaults.
#include "config/config.hpp"
#include "daemon/app/schedules.hpp"
#include "jobs/onboarding/settings.hpp"
#include "jobs/payment_requests/settings.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/registry.hpp"
#include "tests/unit/config/files.hpp"

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

namespace paysync::config::test {
namespace {

const std::filesystem::path kRoot = PAYSYNC_SOURCE_DIR;

using Keys = std::set<std::string>;

std::string example() {
    return slurp(kRoot / "config/paysync.yaml");
}

/// The example with all keys enabled that are commented out by a bare '#'.
std::string whole_example() {
    static const std::regex unused(R"((^|\n)( *)#([a-z_]+:))");
    return std::regex_replace(example(), unused, "$1$2$3");
}

/// Full paths of the keys that have a value, derived from the indentation alone.
Keys keys_of(const std::string& yaml) {
    static const std::regex line_with_key(R"(^( *)([a-z_]+):( .*)?$)");
    Keys keys;
    std::vector<std::string> path;
    std::istringstream lines(yaml);
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (!std::regex_match(line, match, line_with_key))
            continue;
        path.resize(static_cast<std::size_t>(match.length(1)) / 2);
        path.push_back(match[2]);
        if (!match[3].matched)
            continue;
        std::string full;
        for (const auto& part : path)
            full += (full.empty() ? "" : ".") + part;
        keys.insert(full);
    }
    return keys;
}

Keys keys_of_reference() {
    static const std::regex row(R"(^\| `([a-z_.]+)` \|.*)");
    Keys keys;
    std::istringstream lines(slurp(kRoot / "docs/configuration.md"));
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, row) && !keys.insert(match[1]).second)
            ADD_FAILURE() << "twice in the reference: " << line;
    }
    return keys;
}

bool belongs_to_a_job(const std::string& key) {
    return key.starts_with("jobs.") && !key.ends_with(".enabled") && !key.ends_with(".every") &&
           !key.ends_with(".jitter") && !key.ends_with(".schedules");
}

TEST(ConfigExample, IsValidAsItIsAndWithEveryKeyEnabled) {
    EXPECT_EQ(error_of([] { read_config(Document::parse("paysync.yaml", example())); }),
              "no error");
    EXPECT_EQ(error_of([] { read_config(Document::parse("paysync.yaml", whole_example())); }),
              "no error");
}

TEST(ConfigExample, HasTheKeysOfTheReference) {
    const Keys keys = keys_of(whole_example());
    EXPECT_GE(keys.size(), 50U);
    EXPECT_EQ(keys, keys_of_reference());
}

TEST(ConfigExample, HasTheKeysThatTheReaderKnows) {
    Keys keys = keys_of(whole_example());
    std::erase_if(keys, belongs_to_a_job);

    const Document document = Document::parse("paysync.yaml", whole_example());
    read_config(document);
    Keys known;
    for (const auto& key : document.known_keys()) {
        const bool section = std::any_of(keys.begin(), keys.end(), [&](const std::string& other) {
            return other.starts_with(key + ".");
        });
        const bool inside_secret = key.ends_with(".file") || key.ends_with(".credential");
        const bool of_list = key.find('[') != std::string::npos;
        if (!section && !inside_secret && !of_list)
            known.insert(key);
    }
    EXPECT_EQ(known, keys);
}

/// The keys of a list's first item, under the path of the list.
Keys keys_of_item(const Document& document, const std::string& list) {
    Keys keys;
    const auto item = list + "[0].";
    for (const auto& key : document.known_keys())
        if (key.starts_with(item) && key.find_first_of(".[", item.size()) == std::string::npos)
            keys.insert(key.substr(item.size()));
    return keys;
}

TEST(ConfigExample, AFurtherMailAccountHasTheKeysOfSmtp) {
    const Document document = Document::parse("paysync.yaml", whole_example());
    read_config(document);
    Keys expected = {"name", "from"};
    for (const auto& key : keys_of(whole_example()))
        if (key.starts_with("smtp."))
            expected.insert(key.substr(5));
    EXPECT_EQ(keys_of_item(document, "mail.accounts"), expected);
    const Keys domain = {"domain", "rate", "connections"};
    EXPECT_EQ(keys_of_item(document, "smtp.domains"), domain);
}

/// The example without the lines whose key has a default; the rest is required or has no default.
std::string required_part(const std::string& yaml) {
    static const std::regex required(R"( +(dsn|api_key|livemode|host|address): .*)");
    static const std::regex section(R"([a-z]+:|  from:)");
    std::string result;
    std::istringstream lines(yaml);
    for (std::string line; std::getline(lines, line);) {
        if (std::regex_match(line, required) || std::regex_match(line, section))
            result += line + "\n";
    }
    return result;
}

TEST(ConfigExample, ShowsTheDefaults) {
    const Config shown = read_config(Document::parse("paysync.yaml", example()));
    const Config defaults = read_config(Document::parse("required.yaml", required_part(example())));

    const auto account = [](const MailAccount& a) {
        return std::tuple(a.port, a.tls, a.auth, a.timeout, a.dot_timeout, a.max_connections,
                          a.max_messages, a.idle, a.rate.has_value(), a.domain_connections);
    };
    const auto settings = [&](const Config& c) {
        return std::tuple(
            std::tuple(c.database.workers, c.database.statement_timeout,
                       c.database.connect_timeout),
            std::tuple(c.stripe.api_base, c.stripe.connect_base, c.stripe.api_version,
                       c.stripe.requests_per_second, c.stripe.max_in_flight, c.stripe.timeout,
                       c.stripe.allow_unrestricted_key),
            account(c.mail.accounts.at(0)),
            std::tuple(c.mail.from.name, c.mail.message_id_domain, c.mail.default_account,
                       c.mail.bounces_every, c.mail.pause, c.mail.throttle_pause),
            std::tuple(c.leases.duration, c.leases.renew, c.runs.keep, c.log.level, c.log.target));
    };
    EXPECT_EQ(settings(shown), settings(defaults));
    ASSERT_EQ(shown.jobs.size(), defaults.jobs.size());
    for (std::size_t i = 0; i < shown.jobs.size(); ++i) {
        EXPECT_EQ(shown.jobs[i].enabled, defaults.jobs[i].enabled);
        EXPECT_EQ(shown.jobs[i].every, defaults.jobs[i].every) << shown.jobs[i].name;
        EXPECT_EQ(shown.jobs[i].jitter_percent, defaults.jobs[i].jitter_percent);
    }
}

TEST(ConfigExample, IsAcceptedByOnboarding) {
    const Config config = read_config(Document::parse("paysync.yaml", example()));
    const Job& job = config.job("onboarding");
    EXPECT_EQ(error_of([&] { onboarding::settings_from(job.section, job.every, false, ""); }),
              "no error");
}

TEST(ConfigExample, IsAcceptedByPaymentRequests) {
    const Config config = read_config(Document::parse("paysync.yaml", example()));
    const Job& job = config.job("payment_requests");
    EXPECT_EQ(error_of([&] { payment_requests::settings_from(job.section, job.every); }),
              "no error");
}

TEST(ConfigExample, IsAcceptedByReconciliation) {
    const Config config = read_config(Document::parse("paysync.yaml", example()));
    const Job& job = config.job("reconciliation");
    EXPECT_EQ(error_of([&] { reconciliation::settings_from(job.section, job.every); }), "no error");
}

TEST(ConfigExample, HasSchedulesThatTheJobsAccept) {
    const auto yaml = std::regex_replace(example(), std::regex("#schedules:"), "schedules:");
    const Config config = read_config(Document::parse("paysync.yaml", yaml));
    EXPECT_EQ(error_of([&] { check_schedules(config, make_jobs(config)); }), "no error");
    for (const auto* name : {"onboarding", "payment_requests", "reconciliation"})
        EXPECT_TRUE(config.job(name).section.has("schedules")) << name;
}

TEST(ConfigExample, NamesSecretsAsCredentials) {
    const Config config = read_config(Document::parse("paysync.yaml", whole_example()));
    EXPECT_EQ(config.stripe.api_key.source(), "credential stripe-key");
    EXPECT_EQ(config.database.password.value().source(), "credential database-password");
    EXPECT_EQ(config.mail.accounts.at(0).password.value().source(), "credential smtp-password");
}

}  // namespace
}  // namespace paysync::config::test
