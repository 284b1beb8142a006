// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bench {

/// The yardstick for sending: a queue as many people write it, without any promise. Each worker
/// takes one row by SKIP LOCKED, makes a payment link by HTTP, sends a mail by SMTP with libcurl,
/// both over kept connections, and marks the row as done: three commits a mail at most, no stored
/// key, no durable mark before the dot, one template for all.
struct PlainQueue {
    std::string dsn;
    std::string stripe_base;
    std::string stripe_key;
    std::string account;
    std::string smtp_url;
    int workers = 8;

    /// Sends `rows` mails and yields the seconds that it took.
    double run(int rows) const;
};

}  // namespace bench
