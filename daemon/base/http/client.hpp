// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <map>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// HTTP as the jobs see it.
namespace paysync::http {

/// One request. A class with a constructor, not an aggregate: g++ 12 destroys a braced temporary
/// twice when it stands in an awaiting expression.
class Request {
public:
    Request(std::string method_name, std::string request_url)
        : method(std::move(method_name)), url(std::move(request_url)) {}

    std::string method;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{80000};
    bool once = false;  ///< the server must not get it twice, whatever happens to the connection
};

/// A whole answer, whatever its status.
class Response {
public:
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case; of repeated ones the last
    std::string body;

    /// The header's value, or an empty string.
    std::string header(const std::string& lower_case_name) const;
};

/// No whole answer came; whether the server acted is unknown.
class ConnectionError final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Sends requests. Does not follow redirects and does not repeat an answered request. One that an
/// old connection did not answer may go out again on a new one, unless it says `once`.
class Client {
public:
    virtual ~Client() = default;

    /// Throws ConnectionError, or Cancelled when `stop` comes first.
    virtual Task<Response> send(Request request, std::stop_token stop) = 0;
};

}  // namespace paysync::http
