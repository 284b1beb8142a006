// SPDX-License-Identifier: MIT
#include "daemon/app/online_check.hpp"

#include "daemon/app/database.hpp"
#include "daemon/app/wiring.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/migrator.hpp"
#include "daemon/base/db/rights.hpp"
#include "daemon/base/http/curl_client.hpp"
#include "daemon/base/mail/smtp_login.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/reconciliation/stream_kind.hpp"
#include "jobs/schema/schema.hpp"
#include "jobs/stripe/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <vector>

namespace paysync {

namespace {

/// One kind of call that the daemon makes. A POST, which has a body, is expected to be refused with
/// 400 or 404.
struct Probe {
    std::string words;
    std::string path;
    std::string body;
};

constexpr const char* kAccounts = "/v1/accounts?limit=1";
constexpr const char* kNoSuchParameter = "paysync_permission_check=1";

/// The lists of the account's own streams, or of the platform's.
void add_stream_probes(std::vector<Probe>& probes, bool of_platform) {
    for (const auto* kind : reconciliation::stream_kinds()) {
        if (kind->of_platform != of_platform)
            continue;
        std::string words = kind->stream;
        std::replace(words.begin(), words.end(), '_', ' ');
        probes.push_back({words + ": list", std::string(kind->path) + "?limit=1", ""});
    }
}

std::vector<Probe> platform_probes(const config::Stripe& section) {
    std::vector<Probe> probes;
    probes.push_back({"accounts: list and read", kAccounts, ""});
    if (section.accounts_api == "v1") {
        probes.push_back({"accounts: create", "/v1/accounts", kNoSuchParameter});
        probes.push_back({"account links: create", "/v1/account_links", kNoSuchParameter});
    }
    add_stream_probes(probes, true);
    return probes;
}

std::vector<Probe> account_probes() {
    std::vector<Probe> probes = {
        {"payment links: list", "/v1/payment_links?limit=1", ""},
        {"payment links: create", "/v1/payment_links", kNoSuchParameter},
        {"payment links: update", "/v1/payment_links/plink_paysync", kNoSuchParameter},
        {"refunds: create", "/v1/refunds", kNoSuchParameter},
        {"checkout sessions: list", "/v1/checkout/sessions?limit=1", ""},
        {"checkout sessions: expire", "/v1/checkout/sessions/cs_paysync/expire", kNoSuchParameter}};
    add_stream_probes(probes, false);
    probes.push_back({"balance: read", "/v1/balance", ""});
    return probes;
}

class OnlineCheck {
public:
    OnlineCheck(const config::Config& config, std::ostream& out)
        : config_(config),
          out_(out),
          http_(loop_, 1, std::string("paysync/") + version()),
          budget_(clock_, budget_options(config.stripe)),
          stripe_(http_, clock_, budget_, stripe_options(config.stripe)) {}

    bool run() {
        check_database();
        std::exception_ptr error;
        loop_.spawn(check_stripe(), [&error](std::exception_ptr problem) { error = problem; });
        loop_.run();
        if (error)
            std::rethrow_exception(error);
        for (const auto& section : config_.mail.accounts) {
            const auto account = smtp_account(section);
            const auto what = fmt::format("mail account {}: login at {}:{}", account.name,
                                          account.host, account.port);
            report(what, mail::try_login(account));
        }
        return well_;
    }

private:
    /// Prints a line; `problem` is empty when the check succeeded.
    void report(const std::string& what, const std::string& problem) {
        if (problem.empty())
            out_ << "ok      " << what << '\n';
        else
            out_ << "FAILED  " << what << ": " << problem << '\n';
        out_.flush();
        well_ = well_ && problem.empty();
    }

    void check_database() {
        db::SchemaState state;
        db::Rights rights;
        try {
            db::Connection connection(conninfo_of(config_.database, "paysyncd --check"));
            connection.run([&](pqxx::work& tx) { rights = db::read_rights(tx); });
            report("database: connected as " + rights.role, "");
            connection.run([&](pqxx::work& tx) { state = schema::state(tx); });
        } catch (const std::exception& e) {
            report("database", e.what());
            return;
        }
        report("database: schema", schema::problem(state));
        report("database: rights of pay_daemon",
               rights.daemon ? "" : "run: GRANT pay_daemon TO " + rights.role);
        if (rights.superuser)
            out_ << "note    the role " << rights.role
                 << " is a superuser; membership in pay_daemon would be enough\n";
    }

    Task<void> check_stripe() {
        std::string account;
        for (const auto& probe : platform_probes(config_.stripe)) {
            const auto body = co_await try_call(probe, std::string());
            if (probe.path == kAccounts && !body.empty())
                for (const auto& listed : stripe::parse_accounts(body).items)
                    account = listed.id;
        }
        if (account.empty()) {
            out_ << "note    no account is connected yet; calls in the name of an account were not "
                    "tried\n";
            co_return;
        }
        for (const auto& probe : account_probes())
            co_await try_call(probe, account);
    }

    /// Makes the call and reports it. Yields the body of the answer; empty when Stripe refused.
    Task<std::string> try_call(Probe probe, std::string account) {
        const auto what = "Stripe, " + probe.words;
        const auto key = fmt::format("paysync:check:{:08x}", std::random_device()());
        const std::stop_token never;
        stripe::Reply reply;
        std::string problem;
        try {
            if (probe.body.empty())
                reply =
                    co_await stripe_.get(probe.path, account, stripe::Priority::interactive, never);
            else
                reply = co_await stripe_.post(probe.path, account, key, probe.body,
                                              stripe::Priority::interactive, never);
        } catch (const stripe::Error& e) {
            const bool refused_as_expected =
                !probe.body.empty() && (e.kind() == stripe::Error::Kind::bad_request ||
                                        e.kind() == stripe::Error::Kind::not_found);
            if (!refused_as_expected)
                problem = e.permission().empty()
                              ? e.what()
                              : "the key lacks " + e.permission() + "; grant it at Stripe";
        }
        report(what, problem);
        co_return reply.body;
    }

    const config::Config& config_;
    std::ostream& out_;
    bool well_ = true;
    Loop loop_;
    LoopClock clock_{loop_};
    http::CurlGlobal curl_;
    http::CurlClient http_;
    stripe::Budget budget_;
    stripe::Client stripe_;
};

}  // namespace

bool check_online(const config::Config& config, std::ostream& out) {
    return OnlineCheck(config, out).run();
}

}  // namespace paysync
