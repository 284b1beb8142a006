// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bench {

/// A simple queue, to compare sending with. Each worker takes one row with SKIP LOCKED, makes a
/// payment link by HTTP, sends a message by SMTP with libcurl, both over kept connections, and
/// marks the row as done. That is at most three commits per message, without stored keys, without a
/// durable mark before the dot, and with one template for all. It can lose and repeat messages.
struct PlainQueue {
    std::string dsn;
    std::string stripe_base;
    std::string stripe_key;
    std::string account;
    std::string smtp_url;
    int workers = 8;

    /// Sends `rows` messages and returns the seconds that it took.
    double run(int rows) const;
};

}  // namespace bench
