// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/counters.hpp"
#include "tests/smtp_sim/journal.hpp"
#include "tests/smtp_sim/options.hpp"
#include "tests/smtp_sim/rule_book.hpp"
#include "tests/smtp_sim/session.hpp"
#include "tests/smtp_sim/tls.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace smtp_sim {

/// An SMTP server for tests. It acts as its rules say and records every transaction byte for byte,
/// so that a test can ask how often a message was accepted, and whether its bytes were the same
/// each time. It listens from the constructor on, with one thread per connection. Every function
/// may be called from any thread.
class Server {
public:
    /// Throws std::system_error if it cannot listen, std::runtime_error for a bad certificate.
    explicit Server(Options options = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const { return port_; }
    /// smtp://127.0.0.1:PORT, or smtps:// with implicit TLS.
    std::string url() const;
    /// Closes the listening socket and all connections and waits for their threads; may be called
    /// more than once. The records stay readable.
    void stop();
    /// Closes all connections, as a crash of the server would, and keeps listening.
    void cut_all();

    /// Adds a rule after the others and returns its number, for acted().
    std::uint64_t add_rule(Rule rule) { return rules_.add(std::move(rule)); }
    void clear_rules() { rules_.clear(); }
    std::vector<std::pair<std::uint64_t, Rule>> rules() const { return rules_.all(); }
    /// How often a rule acted.
    std::uint64_t acted(std::uint64_t rule) const { return rules_.acted(rule); }

    /// Every accepted message in the order of acceptance. A message is recorded before the client
    /// gets the reply.
    std::vector<Message> messages() const { return journal_.messages(); }
    /// Every transaction in the order of their ends. Refusals, too, are recorded before the client
    /// gets the reply.
    std::vector<Transaction> attempts() const { return journal_.attempts(); }
    /// The number of accepted messages.
    std::uint64_t accepted() const { return journal_.accepted(); }
    /// The accepted messages whose first header of that name has that value.
    Accepted accepted_with_header(const std::string& name, const std::string& value) const;
    /// The same for all values of the header in one pass.
    std::map<std::string, Accepted> accepted_by_header(const std::string& name) const {
        return journal_.by_header(name);
    }
    /// Waits until `count` of them are recorded. Returns false if the time is up first.
    bool wait_for_messages(std::size_t count,
                           std::chrono::milliseconds most = std::chrono::seconds(10)) const {
        return journal_.wait_for_messages(count, most);
    }
    bool wait_for_attempts(std::size_t count,
                           std::chrono::milliseconds most = std::chrono::seconds(10)) const {
        return journal_.wait_for_attempts(count, most);
    }
    /// Forgets messages and attempts; files stay.
    void forget() { journal_.forget(); }
    Counters counters() const;

private:
    struct Connection;

    void listen();
    void accept_all();
    void greet(int socket);
    void talk(Connection& connection, std::uint64_t number);

    const Options options_;
    const SslContext tls_;
    RuleBook rules_;
    Journal journal_;
    LiveCounters counters_;
    Shared shared_;
    std::stop_source stop_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::list<Connection> connections_;
    std::thread acceptor_;
};

}  // namespace smtp_sim
