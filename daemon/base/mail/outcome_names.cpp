// SPDX-License-Identifier: MIT
// The words for outcomes and stages, as logs, metrics and the database have them.
#include "daemon/base/mail/outcome.hpp"

namespace paysync::mail {

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
