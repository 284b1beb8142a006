// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/session.hpp"

#include <algorithm>
#include <cctype>

namespace smtp_sim {
namespace {

constexpr std::string_view kUserPrompt = "VXNlcm5hbWU6";
constexpr std::string_view kPasswordPrompt = "UGFzc3dvcmQ6";
// {"status":"400"} in base64. Google sends it before a refusal, and the client answers with an
// empty line.
constexpr std::string_view kTokenRefused = "eyJzdGF0dXMiOiI0MDAifQ==";

}  // namespace

void Session::auth(const std::string& line) {
    const std::string words = line.size() > 5 ? line.substr(5) : std::string();
    const std::size_t blank = words.find(' ');
    std::string mechanism = words.substr(0, blank);
    std::transform(mechanism.begin(), mechanism.end(), mechanism.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const std::optional<Reply> refusal = auth_refusal(mechanism)) {
        say(*refusal);
        return;
    }
    const bool given = blank != std::string::npos;
    const std::optional<Login> login =
        ask_login(mechanism, given ? words.substr(blank + 1) : std::string(), given);
    if (!login) {
        say({501, "5.5.2 Cannot decode the response"});
        return;
    }
    const bool known = right(mechanism, *login);
    if (!known && mechanism == "XOAUTH2") {
        challenge(kTokenRefused);
    }
    const Reply normal = known ? Reply{235, "2.7.0 Authentication successful"}
                               : Reply{535, "5.7.8 Authentication credentials invalid"};
    if (answer(Stage::auth, normal, line) < 300) {
        ++shared_.counters.logins;
        user_ = login->user;
    } else {
        ++shared_.counters.failed_logins;
    }
}

std::optional<Reply> Session::auth_refusal(const std::string& mechanism) const {
    const Options& options = shared_.options;
    if (options.user.empty() || !greeted_ || !user_.empty() || transaction_) {
        return Reply{503, "5.5.1 AUTH not possible now"};
    }
    if (options.tls != Tls::none && !stream_.tls()) {
        return Reply{538, "5.7.11 Encryption required for requested authentication mechanism"};
    }
    if (std::find(options.mechanisms.begin(), options.mechanisms.end(), mechanism) ==
        options.mechanisms.end()) {
        return Reply{504, "5.5.4 Unrecognized authentication type"};
    }
    return std::nullopt;
}

std::optional<Login> Session::ask_login(const std::string& mechanism, std::string initial,
                                        bool given) {
    if (mechanism == "LOGIN") {
        const std::optional<std::string> user =
            given ? decode_base64(initial) : challenge(kUserPrompt);
        const std::optional<std::string> secret = user ? challenge(kPasswordPrompt) : std::nullopt;
        return secret ? std::optional(Login{*user, *secret}) : std::nullopt;
    }
    const std::optional<std::string> message = given ? decode_base64(initial) : challenge("");
    if (!message) {
        return std::nullopt;
    }
    return mechanism == "XOAUTH2" ? parse_xoauth2(*message) : parse_plain(*message);
}

std::optional<std::string> Session::challenge(std::string_view text) {
    say({334, std::string(text)});
    std::string line;
    switch (stream_.read_line(line)) {
        case Stream::Line::end:
            throw Ended{};
        case Stream::Line::too_long:
            return std::nullopt;
        case Stream::Line::ok:
            break;
    }
    return decode_base64(line);
}

bool Session::right(const std::string& mechanism, const Login& login) const {
    const Options& options = shared_.options;
    const bool bearer = mechanism == "XOAUTH2" && !options.token.empty();
    return login.user == options.user &&
           login.secret == (bearer ? options.token : options.password);
}

}  // namespace smtp_sim
