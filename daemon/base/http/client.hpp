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

/// HTTP requests. Jobs use the interface Client only; libcurl is hidden in CurlClient.
namespace paysync::http {

/// One request. A class with a constructor, not an aggregate: g++ 12 destroys a braced temporary
/// twice if it is in one expression with co_await.
class Request {
public:
    Request(std::string method_name, std::string request_url)
        : method(std::move(method_name)), url(std::move(request_url)) {}

    std::string method;  ///< GET or POST; only POST sends the body
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{80000};  ///< for the whole exchange
    /// The server must not receive this request twice. Set it for a request that is not idempotent.
    /// It is then sent on a new connection, because libcurl repeats a request on its own if a
    /// kept-alive connection closes before the first byte of the response.
    bool at_most_once = false;
};

/// A complete response, with any status. A status of 500 is a response too, not an exception.
class Response {
public:
    int status = 0;
    /// Names in lower case. A repeated header has its last value.
    std::map<std::string, std::string> headers;
    std::string body;

    /// The value of a header, empty if the response has none.
    std::string header(const std::string& lower_case_name) const;
};

/// No complete response was received: connection refused, timeout, connection closed, TLS error.
/// The server may or may not have executed the request.
class ConnectionError final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Sends requests. An interface, so that tests of jobs need no network.
///
/// Redirects are not followed. Nothing is retried, with one exception: a request that a kept-alive
/// connection did not answer at all may be sent again on a new connection, unless it is
/// `at_most_once`.
class Client {
public:
    virtual ~Client() = default;

    /// Throws ConnectionError, or Cancelled if `stop` is triggered first. Loop thread only.
    virtual Task<Response> send(Request request, std::stop_token stop) = 0;
};

}  // namespace paysync::http
