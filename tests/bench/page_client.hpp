// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A keep-alive HTTP connection that reads answers into one buffer and does not parse them.
class PageClient {
public:
    /// Throws std::runtime_error if nothing listens on this port of the loopback address.
    explicit PageClient(int port);
    ~PageClient();
    PageClient(const PageClient&) = delete;
    PageClient& operator=(const PageClient&) = delete;

    /// Sends the request and returns the body, valid until the next call. Throws std::runtime_error
    /// unless the answer is 200 with a Content-Length.
    std::string_view ask(const std::string& request);

private:
    size_t receive(size_t have);

    int socket_;
    std::vector<char> buffer_;
};

/// The id of the last object of a page.
std::string last_id(std::string_view page);

}  // namespace bench
