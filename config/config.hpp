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
    /// Connection string for libpq, keywords or URI, without a password.
    std::string dsn;
    /// Password of the database role, if the server asks for one.
    std::optional<Secret> password;
    /// Number of worker threads with one connection each, 1 to 64.
    int workers = 4;
    /// The server cancels a statement that runs longer; otherwise it could block a worker for ever.
    std::chrono::milliseconds statement_timeout = 30s;
    /// Time limit for an attempt to connect. libpq counts whole seconds, at least 2.
    std::chrono::milliseconds connect_timeout = 5s;
};

/// `stripe`: the platform's account at Stripe.
struct Stripe {
    /// The platform's API key. Read it with key(), which checks it.
    Secret api_key;
    /// Base URLs of the API, of OAuth and of uploads, without a slash at the end. Tests set others
    /// than Stripe's.
    std::string api_base = "https://api.stripe.com";
    std::string connect_base = "https://connect.stripe.com";
    std::string files_base = "https://files.stripe.com";
    /// Value of the Stripe-Version header; this release understands the objects of the default one.
    std::string api_version = "2026-10-28.endive";
    /// Version of the API that creates accounts and onboarding links: `v1` or `v2`.
    std::string accounts_api = "v1";
    /// Real money (true) or test mode; must match the key and every object that Stripe returns.
    bool livemode = false;
    /// The platform's OAuth client id (`ca_…`). With it companies can connect accounts that they
    /// already have, and a disconnect revokes the platform's access.
    std::optional<std::string> client_id = std::nullopt;
    /// Limit for the calls of all daemons on the database together. The defaults (20 live, 5 test)
    /// are a fifth of the limits that Stripe documents.
    int requests_per_second = 20;
    /// Concurrent calls of one daemon, 1 to 256.
    int max_in_flight = 8;
    /// Time limit for one call, from connecting to the last byte. Stripe's own libraries use 80 s.
    std::chrono::milliseconds timeout = 80s;
    /// Accepts an unrestricted live key (`sk_live_…`).
    bool allow_unrestricted_key = false;

    /// The key, read at the first use. Throws Error if it is not a secret or restricted key, if its
    /// mode is not `livemode`, or if it is an unrestricted live key without permission for that.
    const std::string& key() const;
};

/// A rate of messages: `14/s`, `600/h`.
struct Rate {
    int messages = 0;
    std::chrono::seconds per{1};
};

/// A sender address and the name shown with it.
struct From {
    std::string address;  ///< in the envelope and in From:
    std::string name;     ///< shown after the company's name; may be empty
};

/// `smtp`, or an entry of `mail.accounts`: a mail server, the login at it, and its limits.
struct MailAccount {
    enum class Tls { implicit, starttls, none };
    enum class Auth { any, plain, login, xoauth2 };

    /// Limits for one recipient domain.
    struct Domain {
        std::string domain;  ///< in ASCII, lower case
        std::optional<Rate> rate;
        int connections = 0;  ///< 0 = as for other domains
    };

    /// Companies refer to it by this name. The mail account of `smtp` is called `default`.
    std::string name = "default";
    /// Sender of its messages, if it is not `mail.from`.
    std::optional<From> from;
    /// Host name or IP address; an IPv6 address has brackets, as in a URL.
    std::string host;
    /// Default by `tls`: 465 implicit, 587 starttls (RFC 8314, RFC 6409), 25 none.
    int port = 587;
    /// TLS from the first byte, by STARTTLS, or none (loopback hosts only).
    Tls tls = Tls::starttls;
    /// PEM file of the certificate authorities to trust instead of the system's.
    std::optional<std::filesystem::path> ca_file;
    /// Login name; without it there is no login.
    std::optional<std::string> user;
    /// Login method; `any` is the best one that the server offers.
    Auth auth = Auth::any;
    /// Set if and only if `user` is set. With xoauth2 it is the bearer token.
    std::optional<Secret> password;
    /// Time limit for one message, from connecting to its last byte.
    std::chrono::milliseconds timeout = 60s;
    /// Time limit for the answer to a complete message. Without one the delivery is in doubt.
    std::chrono::milliseconds dot_timeout = 600s;
    /// Concurrent connections, 1 to 100.
    int max_connections = 8;
    /// Messages on one connection.
    int max_messages = 100;
    /// An unused connection is closed after this time.
    std::chrono::milliseconds idle = 30s;
    /// Highest rate of messages through this mail account.
    std::optional<Rate> rate;
    /// Limits for each recipient domain: rate of messages, concurrent connections.
    std::optional<Rate> domain_rate;
    int domain_connections = 0;   ///< 0 = max_connections
    std::vector<Domain> domains;  ///< other limits for single domains
};

/// `mail`: the sender of the messages, and the mail accounts that send them.
struct Mail {
    From from;
    /// Address for replies, if they do not go to the sender.
    std::optional<std::string> reply_to;
    /// Right-hand side of every Message-ID. Default: the domain of `from.address`.
    std::string message_id_domain;
    /// Last part of every Feedback-ID, by which mailbox providers group complaints; without it
    /// messages have no such header.
    std::optional<std::string> feedback_id;
    /// URL with {request_id} in it where a recipient asks for no more messages; without it messages
    /// have no List-Unsubscribe header.
    std::optional<std::string> unsubscribe_url;
    /// Bytes that the mail servers take for one message.
    std::int64_t max_message_size = 10000000;
    /// Directory of templates that replace the built-in ones.
    std::optional<std::filesystem::path> templates;
    /// The mail account of `smtp`, if there is one, then those of `mail.accounts`; never empty.
    std::vector<MailAccount> accounts;
    /// Mail account of companies that name none. Default: that of `smtp`, else the first one.
    std::string default_account;
    /// Maildir to which undeliverable messages are returned; without it none are read.
    std::optional<std::filesystem::path> bounces;
    /// How often the Maildir is read.
    std::chrono::milliseconds bounces_every = 30s;
    /// First pause of a mail account that cannot be reached or refuses the login.
    std::chrono::milliseconds pause = 5s;
    /// First pause of a mail account or a recipient domain when the server asks to slow down.
    std::chrono::milliseconds throttle_pause = 30s;
};

/// `leases`: how one daemon among several claims rows.
struct Leases {
    /// How long a claim is valid; the rows of a dead daemon are free again after this time.
    std::chrono::milliseconds duration = 60s;
    /// How often a claim is renewed. At most half of `duration`; default: a third of it.
    std::chrono::milliseconds renew = 20s;
};

/// `runs`: the history of what the duties did.
struct Runs {
    /// Rows older than this are deleted.
    std::chrono::hours keep{24 * 30};
};

/// `metrics`: address for metrics and health checks by HTTP; without one nothing listens.
struct Metrics {
    /// A loopback address, without brackets.
    std::optional<std::string> host;
    int port = 0;
};

/// `bus`: control by D-Bus.
struct Bus {
    bool enabled = true;
    /// Well-known name; a second daemon on the same host appends one word.
    std::string name = "net.clientpoint.PaySync1";
};

/// `log`: which log lines are written, and where.
struct Log {
    enum class Target { automatic, journal, standard_error };

    /// Lowest level that is written: trace, debug, info, warning or error.
    std::string level = "info";
    /// `automatic`: the journal if standard error is connected to it, else standard error.
    Target target = Target::automatic;
};

/// `jobs.NAME`: the keys that all jobs have in common.
struct Job {
    std::string name;
    /// Whether the duties of the job run.
    bool enabled = true;
    /// Pause between two passes if nothing wakes the duty, 100 ms to a day.
    std::chrono::milliseconds every = 60s;
    /// Random variation of that pause in per cent, 0 to 50; keeps several daemons apart.
    int jitter_percent = 10;
    /// The whole section. The job itself reads its other keys and calls finish().
    Section section;
};

/// The whole configuration. Checked are the file itself and conditions between its keys, but not
/// secrets and files that it names; see check_files().
struct Config {
    Database database;
    Stripe stripe;
    Mail mail;
    Leases leases;
    Runs runs;
    Metrics metrics;
    Bus bus;
    Log log;
    /// Always all three: `onboarding`, `payment_requests`, `reconciliation`, in this order.
    std::vector<Job> jobs;
    /// The file from which all of this was read.
    Document document;

    /// The job of this name; throws std::out_of_range for another.
    const Job& job(std::string_view name) const;
};

/// Reads and checks the file. Secrets are not read, and the keys of single jobs are not checked;
/// see check_files() and make_jobs(). Throws Error.
Config load_config(const std::filesystem::path& path);

/// The same for a document that is already parsed.
Config read_config(const Document& document);

/// Reads all secrets and checks that the named files and directories can be read: for `--check` and
/// before the daemon starts. Throws Error.
void check_files(const Config& config);

}  // namespace paysync::config
