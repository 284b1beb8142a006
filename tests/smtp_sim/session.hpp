// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/address.hpp"
#include "tests/smtp_sim/counters.hpp"
#include "tests/smtp_sim/journal.hpp"
#include "tests/smtp_sim/options.hpp"
#include "tests/smtp_sim/rule_book.hpp"
#include "tests/smtp_sim/sasl.hpp"
#include "tests/smtp_sim/stream.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace smtp_sim {

/// The state that all sessions of a server share; it outlives them.
struct Shared {
    const Options& options;
    RuleBook& rules;
    Journal& journal;
    LiveCounters& counters;
    /// Null without TLS.
    SSL_CTX* tls;
};

/// The conversation of one connection, from the greeting to the end, on its own thread.
class Session {
public:
    Session(Shared& shared, Stream& stream, std::uint64_t connection, std::stop_token stop);

    /// Returns when the connection is to be closed; the caller closes it.
    void run();

private:
    /// Thrown at the end of the conversation; `act` says how the connection ends.
    struct Ended {
        Outcome outcome = Outcome::lost;
        Act act = Act::cut_after_reply;
        bool reset = false;
    };

    void converse();
    void end(const Ended& ended);
    void handle(const std::string& line);
    void ehlo(const std::string& line);
    Reply ehlo_reply(bool extended) const;
    void starttls(const std::string& line);
    void quit(const std::string& line);

    void auth(const std::string& line);
    std::optional<Reply> auth_refusal(const std::string& mechanism) const;
    std::optional<Login> ask_login(const std::string& mechanism, std::string initial, bool given);
    std::optional<std::string> challenge(std::string_view text);
    bool right(const std::string& mechanism, const Login& login) const;

    void mail(const std::string& line);
    std::optional<Reply> mail_refusal(const Path& path);
    std::optional<Reply> parameter_refusal(const std::string& parameter);
    void rcpt(const std::string& line);
    std::optional<Reply> rcpt_refusal(const Path& path) const;
    void data(const std::string& line);
    std::string read_message();
    void body_rule(std::uint64_t bytes);
    void message_read(std::string message);
    void accept(std::string message, const Reply& normal, const std::optional<Rule>& cut);

    Situation situation(Stage stage, std::string_view text) const;
    int answer(Stage stage, const Reply& normal, std::string_view text);
    int carry_out(const Rule& rule, const Reply* normal);
    int say(const Reply& reply);
    void wait(std::chrono::milliseconds delay);
    void note(std::string_view who, std::string_view line);
    void finish(Outcome outcome);

    Shared& shared_;
    Stream& stream_;
    const std::uint64_t connection_;
    const std::stop_token stop_;
    bool welcome_ = false;
    bool greeted_ = false;
    std::string user_;
    std::optional<Transaction> transaction_;
    bool smtputf8_ = false;
    bool eight_bit_ = false;
    bool too_large_ = false;
    std::uint64_t queued_ = 0;
    unsigned errors_ = 0;
};

}  // namespace smtp_sim
