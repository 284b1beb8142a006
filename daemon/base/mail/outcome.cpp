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
constexpr unsigned kMailOrRcpt = bit(Stage::mail) | bit(Stage::rcpt);
constexpr unsigned kCommands = kMailOrRcpt | bit(Stage::data);
constexpr unsigned kBeforeDot = kCommands | bit(Stage::body);
constexpr unsigned kDot = bit(Stage::dot);

constexpr ReplyCodes k2xx[] = {{200, 299}};
constexpr ReplyCodes k4xx[] = {{400, 499}};
constexpr ReplyCodes k5xx[] = {{500, 599}};
// 421: the server closes; 454: it wants less of us. Both are about the client, not the message.
constexpr ReplyCodes kSlowDown[] = {{421, 421}, {454, 454}};
constexpr ReplyCodes kGoodbyeOrNothing[] = {{421, 421}, {0, 0}};
constexpr ReplyCodes kLoginRequired[] = {{530, 530}, {535, 535}, {538, 538}};
constexpr ReplyCodes kSenseless[] = {{1, 199}, {600, 999}};

constexpr const char* kTooFast = "4.2.1";  // RFC 3463: mailbox disabled; used for rate limits
constexpr const char* kUnknownMailbox = "5.1.1";  // RFC 3463: bad destination mailbox address

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
    {.ending = "421 or 454, except while the message is being transferred",
     .stages = kBeforeMail | kCommands | kDot,
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
    {.ending = "530, 535 or 538 before the final dot: a login is required after all",
     .stages = kBeforeDot,
     .codes = kLoginRequired,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::stop_account,
     .reason_code = "mail_deferred"},
    {.ending = "5xx with status 5.1.1",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .status = kUnknownMailbox,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .suppresses = true,
     .reason_code = "mail_refused"},
    {.ending = "another 5xx",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .outcome = Outcome::refused,
     .delivery = DeliveryEffect::failed,
     .pace = PaceEffect::account_works,
     .reason_code = "mail_refused"},
    {.ending = "4xx with status 4.2.1",
     .stages = kCommands | kDot,
     .codes = k4xx,
     .status = kTooFast,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_domain_pause,
     .pace = PaceEffect::pause_domain,
     .gives_up = true,
     .reason_code = "mail_deferred"},
    {.ending = "another 4xx to MAIL or RCPT",
     .stages = kMailOrRcpt,
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
           (*rule.status == '\0' || end.status == rule.status) &&
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

SendResult::SendResult(const TransactionEnd& end)
    : rule(&outcome_rule(end)), stage(end.stage), code(end.code), status(end.status) {}

std::string leading_status(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t end = 0;
    const auto digits = [&](std::size_t most) {
        const auto begin = end;
        while (end < text.size() && is_digit(text[end]))
            ++end;
        return end > begin && end - begin <= most;
    };
    const auto dot = [&] { return end < text.size() && text[end++] == '.'; };
    const bool known_class =
        text.starts_with('2') || text.starts_with('4') || text.starts_with('5');
    const bool whole = known_class && digits(1) && dot() && digits(3) && dot() && digits(3);
    return whole ? std::string(text.substr(0, end)) : std::string();
}

std::string enhanced_status(std::string_view reply) {
    constexpr std::size_t kCode = 4;  // three digits, and a blank or a hyphen
    if (reply.size() <= kCode || (reply[kCode - 1] != ' ' && reply[kCode - 1] != '-'))
        return {};
    const auto text = reply.substr(kCode);
    const auto status = leading_status(text);
    // `5.1.1.1` is none.
    return text.substr(status.size()).starts_with('.') ? std::string() : status;
}

const char* to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::accepted:
            return "accepted";
        case Outcome::refused:
            return "refused";
        case Outcome::deferred:
            return "deferred";
        case Outcome::throttled:
            return "throttled";
        case Outcome::not_sent:
            return "not_sent";
        case Outcome::account_down:
            return "account_down";
        case Outcome::in_doubt:
            return "in_doubt";
    }
    return "unknown";
}

const char* to_string(Stage stage) noexcept {
    switch (stage) {
        case Stage::connect:
            return "connect";
        case Stage::hello:
            return "hello";
        case Stage::tls:
            return "tls";
        case Stage::login:
            return "login";
        case Stage::mail:
            return "mail";
        case Stage::rcpt:
            return "rcpt";
        case Stage::data:
            return "data";
        case Stage::body:
            return "body";
        case Stage::dot:
            return "dot";
    }
    return "unknown";
}

}  // namespace paysync::mail
