// SPDX-License-Identifier: MIT
#include "daemon/base/mail/outcome.hpp"

#include <regex>

namespace paysync::mail {

namespace {

bool temporary(int code) {
    return code >= 400 && code < 500;
}
bool permanent(int code) {
    return code >= 500 && code < 600;
}
bool makes_sense(int code) {
    return code >= 200 && code < 600;
}

/// 421: the server closes; 454: it wants less of us. Both are about the client, not the message.
bool about_us(int code) {
    return code == 421 || code == 454;
}

Verdict of_refusal(const Ending& ending) {
    if (about_us(ending.code))
        return {Result::throttled, Scope::account};
    if (permanent(ending.code))
        return {Result::refused, Scope::message};
    if (ending.status == "4.2.1")
        return {Result::throttled, Scope::domain};
    const bool by_domain = ending.stage == Stage::mail || ending.stage == Stage::rcpt;
    return {Result::deferred, by_domain ? Scope::domain : Scope::message};
}

/// Nothing was said yet about any message.
Verdict before_mail(const Ending& ending) {
    return {about_us(ending.code) ? Result::throttled : Result::account_down, Scope::account};
}

Verdict after_dot(const Ending& ending) {
    if (ending.completed || (ending.code >= 200 && ending.code < 300))
        return {Result::accepted, Scope::message};
    if (temporary(ending.code) || permanent(ending.code))
        return of_refusal(ending);
    return {Result::in_doubt, Scope::message};
}

}  // namespace

Verdict classify(const Ending& ending) noexcept {
    if (ending.completed || ending.stage == Stage::dot)
        return after_dot(ending);
    if (ending.stage < Stage::mail)
        return before_mail(ending);
    // A login that is wanted after all is about us.
    if (ending.code == 530 || ending.code == 535 || ending.code == 538)
        return {Result::account_down, Scope::account};
    if (ending.stage != Stage::body && (temporary(ending.code) || permanent(ending.code)))
        return of_refusal(ending);
    if (ending.code != 0 && !makes_sense(ending.code))
        return {Result::deferred, Scope::message};
    return {Result::not_sent, Scope::message};
}

std::string enhanced_status(const std::string& reply) {
    static const std::regex form(R"(^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?=[^\d.]|$))");
    std::smatch found;
    return std::regex_search(reply, found, form) ? found[1].str() : std::string();
}

const char* to_string(Result result) noexcept {
    switch (result) {
        case Result::accepted:
            return "accepted";
        case Result::refused:
            return "refused";
        case Result::deferred:
            return "deferred";
        case Result::throttled:
            return "throttled";
        case Result::not_sent:
            return "not_sent";
        case Result::account_down:
            return "account_down";
        case Result::in_doubt:
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
