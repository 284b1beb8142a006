// SPDX-License-Identifier: MIT
#include "daemon/base/mail/outcome.hpp"

#include <algorithm>
#include <iterator>

namespace paysync::mail {

namespace {

constexpr unsigned bit(Stage stage) {
    return 1U << static_cast<unsigned>(stage);
}

constexpr unsigned kBeforeMail =
    bit(Stage::connect) | bit(Stage::hello) | bit(Stage::tls) | bit(Stage::login);
constexpr unsigned kCommands = bit(Stage::mail) | bit(Stage::rcpt) | bit(Stage::data);
constexpr unsigned kBeforeDot = kCommands | bit(Stage::body);
constexpr unsigned kDot = bit(Stage::dot);
constexpr unsigned kAfterMail = bit(Stage::rcpt) | bit(Stage::data) | kDot;

constexpr ReplyCodes k2xx[] = {{200, 299}};
constexpr ReplyCodes k4xx[] = {{400, 499}};
constexpr ReplyCodes k5xx[] = {{500, 599}};
constexpr ReplyCodes k4xxAnd5xx[] = {{400, 599}};
// RFC 5321: mailbox unavailable, not local, or its name not allowed.
constexpr ReplyCodes kNoMailbox[] = {{550, 551}, {553, 553}};
// 421: the server closes; 454: it wants less of us. Both are about the client, not the message.
constexpr ReplyCodes kSlowDown[] = {{421, 421}, {454, 454}};
constexpr ReplyCodes kGoodbyeOrNothing[] = {{421, 421}, {0, 0}};
constexpr ReplyCodes kLoginRequired[] = {{530, 530}, {535, 535}, {538, 538}};
// To MAIL: too large (RFC 1870); a parameter is not known (RFC 5321).
constexpr ReplyCodes kAboutParameters[] = {{552, 552}, {555, 555}};
constexpr ReplyCodes kSenseless[] = {{1, 199}, {600, 999}};

constexpr const char* kTooFast[] = {"4.2.1"};  // RFC 3463: mailbox disabled; used for rate limits
constexpr const char* kUnknownMailbox[] = {"5.1.1"};  // RFC 3463: bad destination mailbox address
constexpr const char* kTooLarge[] = {"5.3.4"};        // RFC 3463: message too big for system
constexpr const char* kNoStatus[] = {""};
// The first row that fits counts. docs/architecture.md has the same rows in the same order.
constexpr OutcomeRule kRules[] = {
    {.ending = "250 to the final dot",
     .by = EndedBy::success,
     .outcome = Outcome::accepted,
     .delivery = DeliveryEffect::sent,
     .pace = PaceEffect::both_work},
    // libcurl takes 250 alone for success.
    {.ending = "another 2xx to the final dot",
     .stages = kDot,
     .codes = k2xx,
     .outcome = Outcome::accepted,
     .delivery = DeliveryEffect::sent,
     .pace = PaceEffect::both_work},
    {.ending = "we gave up before the final dot: stop, lost lease, closed request",
     .by = EndedBy::us,
     .outcome = Outcome::not_sent,
     .delivery = DeliveryEffect::ready},
    {.ending = "no SMTPUTF8 for an address that needs it; message larger than SIZE",
     .by = EndedBy::message,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .reason_code = "mail_refused"},
    {.ending = "421, or no reply, to MAIL, RCPT or DATA on a connection used before",
     .stages = kCommands,
     .codes = kGoodbyeOrNothing,
     .reused_connection = true,
     .outcome = Outcome::not_sent,
     .delivery = DeliveryEffect::reconnect},
    {.ending = "421 or 454 to MAIL or before it",
     .stages = kBeforeMail | bit(Stage::mail),
     .codes = kSlowDown,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::throttle_account,
     .reason_code = "mail_deferred"},
    {.ending = "no address, connection, TLS, valid certificate or login; "
               "greeting or EHLO refused",
     .stages = kBeforeMail,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::stop_account,
     .reason_code = "mail_deferred"},
    {.ending = "530, 535 or 538 to MAIL: a login is required after all",
     .stages = bit(Stage::mail),
     .codes = kLoginRequired,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::stop_account,
     .reason_code = "mail_deferred"},
    {.ending = "552 or 555 to MAIL: too large, or an extension is missing",
     .stages = bit(Stage::mail),
     .codes = kAboutParameters,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .reason_code = "mail_refused"},
    {.ending = "5xx with status 5.3.4: too large",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .statuses = kTooLarge,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .reason_code = "mail_refused"},
    {.ending = "another 5xx to MAIL: about the sender",
     .stages = bit(Stage::mail),
     .codes = k5xx,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::stop_account,
     .reason_code = "mail_deferred"},
    {.ending = "4xx with status 4.2.1",
     .stages = kCommands | kDot,
     .codes = k4xx,
     .statuses = kTooFast,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_domain_pause,
     .pace = PaceEffect::pause_domain,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "another 4xx to MAIL: about the sender, or the server as a whole",
     .stages = bit(Stage::mail),
     .codes = k4xx,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::throttle_account,
     .reason_code = "mail_deferred"},
    {.ending = "5xx about us, and recipients of several domains got such a one",
     .stages = kAfterMail,
     .codes = k5xx,
     .topic = Topic::us,
     .spread = Spread::account,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::stop_account,
     .counts = true,
     .reason_code = "mail_deferred"},
    {.ending = "4xx about us, and recipients of several domains got such a one",
     .stages = kAfterMail,
     .codes = k4xx,
     .topic = Topic::us,
     .spread = Spread::account,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::throttle_account,
     .counts = true,
     .reason_code = "mail_deferred"},
    {.ending = "4xx or 5xx about us, and several recipients of this domain got such a one",
     .stages = kAfterMail,
     .codes = k4xxAnd5xx,
     .topic = Topic::us,
     .spread = Spread::domain,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_domain_pause,
     .pace = PaceEffect::pause_domain,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "4xx or 5xx about us, to one recipient",
     .stages = kAfterMail,
     .codes = k4xxAnd5xx,
     .topic = Topic::us,
     .outcome = Outcome::deferred,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::none,
     .counts = true,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "5xx with status 5.1.1",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .statuses = kUnknownMailbox,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .suppresses = true,
     .reason_code = "mail_refused"},
    {.ending = "5xx with another status about an address or a mailbox: 5.1 and 5.2",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .topic = Topic::recipient,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .reason_code = "mail_refused"},
    {.ending = "550, 551 or 553 to RCPT without a status",
     .stages = bit(Stage::rcpt),
     .codes = kNoMailbox,
     .statuses = kNoStatus,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .breaker = Breaker::perhaps,
     .reason_code = "mail_refused"},
    {.ending = "another 5xx",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .breaker = Breaker::yes,
     .reason_code = "mail_refused"},
    {.ending = "another 4xx to RCPT",
     .stages = bit(Stage::rcpt),
     .codes = k4xx,
     .outcome = Outcome::deferred,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::slow_domain,
     .counts = true,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "another 4xx to DATA or to the final dot",
     .stages = bit(Stage::data) | kDot,
     .codes = k4xx,
     .outcome = Outcome::deferred,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::account_works,
     .counts = true,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "a reply code outside 200–599, before the final dot",
     .stages = kBeforeDot,
     .codes = kSenseless,
     .outcome = Outcome::deferred,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::account_works,
     .counts = true,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "anything else before the final dot",
     .stages = kBeforeDot,
     .outcome = Outcome::not_sent,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_short_back_off,
     .pace = PaceEffect::account_works,
     .counts = true,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    // The next attempt is made only with `on_in_doubt: resend`.
    {.ending = "the final dot is out, and no 2xx, 4xx or 5xx came",
     .stages = kDot,
     .outcome = Outcome::in_doubt,
     .delivery = DeliveryEffect::in_doubt,
     .next_attempt = NextAttempt::after_back_off,
     .pace = PaceEffect::account_works,
     .counts = true,
     .reason_code = "in_doubt"},
};

bool fits(const OutcomeRule& rule, const TransactionEnd& end) {
    const auto has_code = [&](const ReplyCodes& codes) {
        return codes.first <= end.code && end.code <= codes.last;
    };
    return rule.by == end.by && (rule.stages == 0 || (rule.stages & bit(end.stage)) != 0) &&
           (rule.codes.empty() || std::any_of(rule.codes.begin(), rule.codes.end(), has_code)) &&
           (rule.statuses.empty() ||
            std::any_of(rule.statuses.begin(), rule.statuses.end(),
                        [&](const char* status) { return end.status == status; })) &&
           (rule.topic == Topic::other || end.topic == rule.topic) && end.spread >= rule.spread &&
           (end.reused_connection || !rule.reused_connection);
}

}  // namespace

std::span<const OutcomeRule> outcome_rules() noexcept {
    return kRules;
}

const OutcomeRule& outcome_rule(const TransactionEnd& end) noexcept {
    const auto found = std::find_if(std::begin(kRules), std::end(kRules),
                                    [&](const OutcomeRule& rule) { return fits(rule, end); });
    return found == std::end(kRules) ? kRules[std::size(kRules) - 1] : *found;
}

SendResult::SendResult(const TransactionEnd& transaction_end)
    : end(transaction_end), rule(&outcome_rule(end)) {}

void SendResult::set_spread(Spread spread) {
    end.spread = spread;
    rule = &outcome_rule(end);
}

}  // namespace paysync::mail
