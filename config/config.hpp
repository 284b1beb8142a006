// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace paysync::config {

using std::chrono_literals::operator""s;

/// `database`: the PostgreSQL server.
struct Database {
    /// libpq connection string, keywords or URI, without a password.
    std::string dsn;
    /// Role's password, if the server asks for one.
    std::optional<Secret> password;
    /// Threads with one connection each, 1 to 64.
    int workers = 4;
    /// The server ends a statement that takes longer, so that none holds a worker for ever.
    std::chrono::milliseconds statement_timeout = 30s;
    /// Gives up a connection attempt; libpq counts whole seconds, at least 2.
    std::chrono::milliseconds connect_timeout = 5s;
};

/// `stripe`: the platform's account at Stripe.
struct Stripe {
    /// The platform's key, best a restricted one (`rk_…`); read it by key().
    Secret api_key;
    /// Where the API lives, without a slash at the end; another one than Stripe's is for tests.
    std::string api_base = "https://api.stripe.com";
    /// Where OAuth lives, without a slash at the end.
    std::string connect_base = "https://connect.stripe.com";
    std::string files_base = "https://files.stripe.com";
    /// Sent as Stripe-Version; the version whose objects this release understands.
    std::string api_version = "2026-10-28.endive";
    /// With which version of the API new accounts and onboarding pages are made: `v1` or `v2`.
    std::string accounts_api = "v1";
    /// Whether real money moves; must match the key and every object that Stripe returns.
    bool livemode = false;
    /// The platform's OAuth client (`ca_…`); lets companies connect accounts that they
    /// have, and a disconnect revoke the platform's access.
    std::optional<std::string> client_id = std::nullopt;
    /// Ceiling for the calls of all daemons of a database; a fifth of Stripe's documented 100 live
    /// and 25 test.
    int requests_per_second = 20;
    /// Calls under way at once, 1 to 256.
    int max_in_flight = 8;
    /// For one call from connect to the last byte; as long as Stripe's own clients wait.
    std::chrono::milliseconds timeout = 80s;
    /// Lets an unrestricted live key (`sk_live_…`) in; Stripe recommends restricted ones.
    bool allow_unrestricted_key = false;

    /// The key, read at first use. Throws Error unless it is a secret or restricted key of the mode
    /// that `livemode` says, and restricted if it has to be.
    const std::string& key() const;
};

/// How fast letters may go: `14/s`, `600/h`.
struct Rate {
    int letters = 0;
    std::chrono::seconds per{1};
};

/// An address and the name shown with it.
struct From {
    std::string address;  ///< envelope sender and From:
    std::string name;     ///< shown behind the company's name; may be empty
};

/// `smtp`, or one of `mail.accounts`: a server that takes mail, and the login at it.
struct MailAccount {
    enum class Tls { implicit, starttls, none };
    enum class Auth { any, plain, login, xoauth2 };

    /// Letters to one recipient domain.
    struct Domain {
        std::string domain;  ///< in ASCII, lower case
        std::optional<Rate> rate;
        int connections = 0;  ///< 0: as for other domains
    };

    /// How companies name it; the one of `smtp` is called `default`.
    std::string name = "default";
    /// Sender of this account's letters, if it is not `mail.from`.
    std::optional<From> from;
    /// Name or address as it goes into a URL: an IPv6 address has its brackets.
    std::string host;
    /// By `tls` when not given: 465 implicit, 587 starttls (RFC 8314, RFC 6409), 25 none.
    int port = 587;
    /// TLS from the first byte, by STARTTLS or not at all (loopback only).
    Tls tls = Tls::starttls;
    /// PEM file of the authorities to trust instead of the system's.
    std::optional<std::filesystem::path> ca_file;
    /// Login name; no login without.
    std::optional<std::string> user;
    /// How to log in; `any` takes the best that the server offers.
    Auth auth = Auth::any;
    /// There exactly when `user` is; the bearer token with xoauth2.
    std::optional<Secret> password;
    /// For one message from connect to its last byte.
    std::chrono::milliseconds timeout = 60s;
    /// For the answer to the final dot; after that the mail is in doubt.
    std::chrono::milliseconds dot_timeout = 600s;
    /// Connections at once, 1 to 100.
    int max_connections = 8;
    /// Messages on one connection.
    int max_messages = 100;
    /// A connection is closed after so long without a message.
    std::chrono::milliseconds idle = 30s;
    /// Letters of this account.
    std::optional<Rate> rate;
    /// Letters of this account to one recipient domain, and connections at once for them.
    std::optional<Rate> domain_rate;
    int domain_connections = 0;  ///< 0: max_connections
    std::vector<Domain> domains;
};

/// `mail`: what the letters say about their sender, and by which accounts they go.
struct Mail {
    From from;
    /// Where answers go, if not to the sender.
    std::optional<std::string> reply_to;
    /// Right-hand side of every Message-ID; the domain of `from.address` by default.
    std::string message_id_domain;
    /// Last part of every Feedback-ID, which mailbox providers group their reports by; none
    /// without.
    std::optional<std::string> feedback_id;
    /// Page, with {request_id} in it, where a recipient asks to get no more mails; no
    /// List-Unsubscribe without.
    std::optional<std::string> unsubscribe_url;
    /// Folder of templates that replace the built-in ones.
    std::optional<std::filesystem::path> templates;
    /// The account of `smtp`, if there is one, and those of `mail.accounts`; never empty.
    std::vector<MailAccount> accounts;
    /// Whose letters go by no other account: `smtp`'s, else the first one, if not said otherwise.
    std::string default_account;
    /// Maildir into which mails that could not be delivered are returned; none are read without.
    std::optional<std::filesystem::path> bounces;
    /// How often it is looked into.
    std::chrono::milliseconds bounces_every = 30s;
    /// First rest of an account that cannot be reached or logged in to.
    std::chrono::milliseconds pause = 5s;
    /// First rest of an account or a domain that is told to slow down.
    std::chrono::milliseconds throttle_pause = 30s;
};

/// `leases`: how rows are claimed by one daemon among several.
struct Leases {
    /// Rows of a daemon that died are free again after this long.
    std::chrono::milliseconds duration = 60s;
    /// How often the claim is renewed; at most half of `duration`, a third by default.
    std::chrono::milliseconds renew = 20s;
};

/// `runs`: what is kept of the runs of the duties.
struct Runs {
    /// Rows older than this are deleted.
    std::chrono::hours keep{24 * 30};
};

/// `metrics`: where metrics and health are shown, by HTTP; nowhere without an address.
struct Metrics {
    /// A loopback address.
    std::optional<std::string> host;
    int port = 0;
};

/// `bus`: control by D-Bus.
struct Bus {
    bool enabled = true;
    /// The well-known name; a second daemon on the same host needs one of its own below it.
    std::string name = "net.clientpoint.PaySync1";
};

/// `log`: where log lines go and which.
struct Log {
    enum class Target { automatic, journal, standard_error };

    /// The least important kind that is written: trace, debug, info, warning or error.
    std::string level = "info";
    /// `automatic` takes the journal when standard error is connected to it.
    Target target = Target::automatic;
};

/// `jobs.NAME`: what all jobs have in common, and the section with the rest.
struct Job {
    std::string name;
    /// A disabled job never runs.
    bool enabled = true;
    /// The pause between two passes when nothing wakes the job, 100 ms to a day.
    std::chrono::milliseconds every = 60s;
    /// By how many per cent the pause is varied at random, 0 to 50, to keep daemons apart.
    int jitter_percent = 10;
    /// The job's own keys; the job reads them and calls finish().
    Section section;
};

/// The whole configuration, checked as far as the file alone can tell.
struct Config {
    Database database;
    Stripe stripe;
    Mail mail;
    Leases leases;
    Runs runs;
    Metrics metrics;
    Bus bus;
    Log log;
    /// `onboarding`, `payment_requests` and `reconciliation`, in this order, always all three.
    std::vector<Job> jobs;
    /// The file that all of this came from.
    Document document;

    /// The job of this name; throws std::out_of_range for another.
    const Job& job(std::string_view name) const;
};

/// Reads and checks the file; secrets are not read and the jobs' own keys not looked at. Throws
/// Error.
Config load_config(const std::filesystem::path& path);

/// The same for a document that is already here.
Config read_config(const Document& document);

/// Reads all secrets and looks whether the named files and folders can be read, for `--check` and
/// before the start. Throws Error.
void check_files(const Config& config);

}  // namespace paysync::config
