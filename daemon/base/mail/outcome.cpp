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

constexpr ReplyCodes k2xx[] = {{200, 299}};
constexpr ReplyCodes k4xx[] = {{400, 499}};
constexpr ReplyCodes k5xx[] = {{500, 599}};
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
// Bad sender (5.1.7, 5.1.8), quota of the sender (5.4.5, as Google uses it), authentication (5.7.8
// to 5.7.14), DKIM, SPF, DMARC, reverse DNS and flood (RFC 7372, RFC 7505; 5.7.26 to 5.7.28 as
// Google uses them), the sender's account or network is blocked (5.7.5xx, 5.7.6xx, 5.7.7xx as
// Microsoft uses them).
constexpr const char* kAboutUs5[] = {
    "5.1.7",   "5.1.8",   "5.4.5",   "5.7.8",   "5.7.9",   "5.7.11",  "5.7.14",
    "5.7.20",  "5.7.21",  "5.7.22",  "5.7.23",  "5.7.24",  "5.7.25",  "5.7.26",
    "5.7.27",  "5.7.28",  "5.7.501", "5.7.502", "5.7.503", "5.7.504", "5.7.511",
    "5.7.512", "5.7.513", "5.7.606", "5.7.705", "5.7.708", "5.7.750"};
constexpr const char* kAboutUs4[] = {"4.4.5",  "4.5.3",  "4.7.20", "4.7.21", "4.7.22", "4.7.23",
                                     "4.7.24", "4.7.25", "4.7.26", "4.7.27", "4.7.28", "4.7.500"};

// In small letters; each stands for itself, not inside a longer word.
constexpr std::string_view kWordsAboutUs[] = {"daily",
                                              "hourly",
                                              "per day",
                                              "per hour",
                                              "per minute",
                                              "sending limit",
                                              "sending limits",
                                              "sending quota",
                                              "sending rate",
                                              "rate limit",
                                              "rate limited",
                                              "rate limits",
                                              "ratelimit",
                                              "ratelimited",
                                              "message limit",
                                              "too many messages",
                                              "too many mails",
                                              "too many emails",
                                              "too much mail",
                                              "throttled",
                                              "throttling",
                                              "blocked",
                                              "block list",
                                              "blocklist",
                                              "blocklisted",
                                              "blacklist",
                                              "blacklisted",
                                              "black list",
                                              "denylist",
                                              "dnsbl",
                                              "rbl",
                                              "spamhaus",
                                              "spamcop",
                                              "listed by",
                                              "listed in",
                                              "listed at",
                                              "reputation",
                                              "banned",
                                              "relay",
                                              "relaying",
                                              "sender rejected",
                                              "sender address rejected",
                                              "sender denied",
                                              "sender verify failed",
                                              "not authorized",
                                              "not authorised",
                                              "unauthorized",
                                              "unauthenticated",
                                              "not allowed to send",
                                              "not permitted to send",
                                              "authentication required",
                                              "must authenticate",
                                              "starttls",
                                              "spf",
                                              "dkim",
                                              "dmarc",
                                              "reverse dns",
                                              "ptr record",
                                              "rdns"};

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
    {.ending = "530, 535 or 538: a login is required after all",
     .stages = kBeforeDot | kDot,
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
    {.ending = "5xx with a status about the sender: 5.1.7, 5.1.8, 5.4.5, 5.7.8 and many above",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .statuses = kAboutUs5,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::stop_account,
     .reason_code = "mail_deferred"},
    {.ending = "5xx with words about the sender: quota, block list, SPF, relaying",
     .stages = kCommands | kDot,
     .codes = k5xx,
     .topic = Topic::us,
     .outcome = Outcome::account_down,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::stop_account,
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
    {.ending = "4xx with a status about the sender: 4.4.5, 4.5.3, 4.7.20 to 4.7.28",
     .stages = kCommands | kDot,
     .codes = k4xx,
     .statuses = kAboutUs4,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::throttle_account,
     .reason_code = "mail_deferred"},
    {.ending = "4xx with words about the sender: quota, rate, block list",
     .stages = kCommands | kDot,
     .codes = k4xx,
     .topic = Topic::us,
     .outcome = Outcome::throttled,
     .delivery = DeliveryEffect::deferred,
     .next_attempt = NextAttempt::after_account_pause,
     .pace = PaceEffect::throttle_account,
     .reason_code = "mail_deferred"},
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
           (rule.topic == Topic::other || end.topic == rule.topic) &&
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

Topic topic_of(std::string_view reply) {
    const auto status = enhanced_status(reply);
    if (status.size() > 3 && (status[2] == '1' || status[2] == '2') && status[3] == '.')
        return Topic::other;
    std::string text(reply);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto is_letter = [&](std::size_t at) {
        return at < text.size() && text[at] >= 'a' && text[at] <= 'z';
    };
    for (const auto words : kWordsAboutUs)
        for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
            if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + words.size()))
                return Topic::us;
    return Topic::other;
}

}  // namespace paysync::mail
