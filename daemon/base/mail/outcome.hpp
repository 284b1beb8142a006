// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/reply.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

/// How an SMTP transaction can end, and what follows from each ending.
///
/// A transaction carries one message to one recipient. When it is over, its facts
/// (`TransactionEnd`: last command, reply code and words, who ended it) are looked up in one table,
/// the first row that fits. The row (`OutcomeRule`) says everything that is decided by the ending:
///
///   - `Outcome`: the word that is recorded with the attempt;
///   - `DeliveryEffect`: the next state of the delivery, that is, of the row in the mail queue;
///   - `NextAttempt`: when the delivery is tried again;
///   - `PaceEffect`: whether the mail account or the recipient's domain is slowed down.
///
/// Example: the server answers RCPT with `450 4.2.1 too fast`. The row "4xx with status 4.2.1"
/// says: outcome `throttled`, the delivery is `deferred` until the pause of the recipient's domain
/// is over, and that domain is paused.
///
/// A refusal is about the recipient, about the message, or about us: the mail account, its quota,
/// its sender, its reputation. One that is about us fails nothing at once. Whether it concerns more
/// than one recipient is not in its words, so it counts who else got such a one since a message was
/// last accepted (Spread): the first recipient waits alone, a second one of the same domain pauses
/// the domain, one of another domain the account. The refused message waits longer than the pause,
/// so that another one tries whether it is over.
///
/// A new outcome is a value of `Outcome`, a row of the table in outcome.cpp and its line in
/// docs/architecture.md; nobody else decides by the ending.
namespace paysync::mail {

/// How far a transaction came: the last command that went out, or the message and its final dot.
enum class Stage {
    connect,  ///< up to the greeting, TLS from the first byte included
    hello,    ///< EHLO or HELO
    tls,      ///< STARTTLS and its handshake
    login,    ///< AUTH
    mail,     ///< MAIL
    rcpt,     ///< RCPT
    data,     ///< DATA
    body,     ///< the server invited the message (354); its final dot is not out
    dot       ///< the final dot may be with the server
};

/// The word for an ending, as `pay_private.delivery_attempt.outcome` has it.
enum class Outcome {
    accepted,      ///< the server took the message
    refused,       ///< 5xx: this message to this recipient will never be taken
    deferred,      ///< 4xx, a reply that makes no sense, or a refusal of us that no other recipient
                   ///< got: this message cannot go now
    throttled,     ///< a reply that asks us, or senders to this domain (4.2.1), to slow down
    not_sent,      ///< the connection ended before the final dot, so the server has no message
    account_down,  ///< no connection, TLS or login, or a refusal of us: no message can go now
    in_doubt       ///< the final dot went out and no reply came: the server may have the message
};

/// The state that an ending gives to the delivery.
enum class DeliveryEffect {
    sent,      ///< the server has the message; the delivery is over
    deferred,  ///< tried again later, see NextAttempt
    in_doubt,  ///< not sent again unless a person says so; `deferred` with `on_in_doubt: resend`
    failed,    ///< over; if it is the newest message to the payer, the request fails with it
    ready,     ///< given up before the final dot: no penalty, the next claim takes it
    reconnect  ///< nothing is recorded: the same attempt goes on over a new connection
};

/// When a deferred delivery is tried again.
enum class NextAttempt {
    none,
    after_back_off,        ///< a random time, on average doubling with each attempt that counts
    after_short_back_off,  ///< the same, beginning at 30 s at most
    after_account_pause,   ///< when the pause of its mail account is over
    after_domain_pause     ///< when the pause of the recipient's domain is over, plus a random time
};

/// How an ending changes the limits of the mail account and of the recipient's domain (Pace). A
/// server that refuses a message still answers, so the account works unless the row says otherwise.
enum class PaceEffect {
    none,           ///< no change
    account_works,  ///< ends a pause of the account
    both_work,      ///< ends pauses of account and domain; one more message at once to the domain
    slow_domain,    ///< fewer messages at once to the domain; the account works
    pause_domain,   ///< no message to the domain for a while; the account works
    throttle_account,  ///< no message of the account for 30 s, doubling to 10 min
    stop_account       ///< no message of the account for 5 s, doubling to 5 min
};

/// Who got a refusal of us since the account, or the domain, last had a message accepted.
enum class Spread {
    one,     ///< one recipient, or one that got it before
    domain,  ///< several recipients of one domain
    account  ///< recipients of several domains
};

/// How a refusal counts for the circuit breaker of the mail account.
enum class Breaker {
    no,       ///< it says nothing about the account
    perhaps,  ///< a mailbox that is not there, or everybody is refused: only a mass of them counts
    yes
};

/// Who ended a transaction.
enum class EndedBy {
    success,  ///< nobody: the server said yes to everything
    server,   ///< its reply, its silence, or the loss of the connection; see stage and code
    message,  ///< the message needs what the server does not offer: SMTPUTF8, or a larger SIZE
    us        ///< the daemon stops, the lease is lost or the request closed, before the final dot
};

/// The facts of an ended transaction.
struct TransactionEnd {
    EndedBy by = EndedBy::server;
    Stage stage = Stage::connect;
    int code = 0;             ///< SMTP reply code to the last command of `stage`; 0 for none
    std::string status = {};  ///< its enhanced status code (RFC 3463), `5.1.1`; empty for none
    /// The connection had carried an earlier message, and the server ended it, not our time limit.
    bool reused_connection = false;
    Topic topic = Topic::other;
    Spread spread = Spread::one;  ///< of `Topic::us`
};

/// SMTP reply codes from `first` to `last`, both included.
struct ReplyCodes {
    int first;
    int last;
};

/// One row of the table: a kind of ending, and what follows from it.
struct OutcomeRule {
    // The ending. A row fits when all of these do.
    const char* ending = "";  ///< in words, as docs/architecture.md has it
    EndedBy by = EndedBy::server;
    unsigned stages = 0;                         ///< bits `1 << Stage`; 0 for any
    std::span<const ReplyCodes> codes = {};      ///< empty for any code and for none
    std::span<const char* const> statuses = {};  ///< empty for any and for none
    Topic topic = Topic::other;                  ///< `other` for any
    Spread spread = Spread::one;                 ///< this or a wider one
    bool reused_connection = false;              ///< fits no new connection

    // The consequences.
    Outcome outcome = Outcome::not_sent;
    DeliveryEffect delivery = DeliveryEffect::deferred;
    NextAttempt next_attempt = NextAttempt::none;
    PaceEffect pace = PaceEffect::none;
    /// The attempt counts against the delivery: the next back-off is longer.
    bool counts = false;
    /// A delivery that is older than `give_up_after` fails with `mail_given_up` instead.
    bool gives_up = false;
    /// The recipient goes on the suppression list.
    bool suppresses = false;
    Breaker breaker = Breaker::no;
    /// `reason_code` of the delivery, and of a request that fails with it; empty for none.
    const char* reason_code = "";
};

/// All rows, in the order in which they are tried.
std::span<const OutcomeRule> outcome_rules() noexcept;

/// The first row that fits. Every ending has one; the last row, `in_doubt`, also stands for an
/// ending that fits none.
const OutcomeRule& outcome_rule(const TransactionEnd& end) noexcept;

/// The result of one transaction: its facts, the row that fits, and the server's last reply.
struct SendResult {
    explicit SendResult(const TransactionEnd& end);

    /// Finds the row again, now that it is known who else got such a refusal.
    void set_spread(Spread spread);

    TransactionEnd end;
    const OutcomeRule* rule;  ///< never null
    std::string reply;    ///< its text: printable ASCII, 500 characters at most, addresses masked
    std::string problem;  ///< the transport's own words when it failed
    /// For `after_domain_pause`, `throttle_account` and `stop_account`: how long the pause is.
    std::chrono::milliseconds wait{0};
};

/// The word in the database: `accepted`, `in_doubt`, ….
const char* to_string(Outcome outcome) noexcept;

/// `connect`, `hello`, …, `dot`.
const char* to_string(Stage stage) noexcept;

}  // namespace paysync::mail
