// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace paysync {

/// An HTTP client with scripted answers. A request without a script throws, so that a test cannot
/// pass by accident.
class FakeHttp final : public http::Client {
public:
    using Headers = std::map<std::string, std::string>;
    using Handler = std::function<http::Response(const http::Request&)>;

    /// One answer to one request with this method and URL. Several answers are used in order.
    FakeHttp& on(const std::string& method, const std::string& url, int status, std::string body,
                 Headers headers = {}) {
        http::Response response;
        response.status = status;
        response.body = std::move(body);
        response.headers = std::move(headers);
        return handle(method, url, [response](const http::Request&) { return response; });
    }

    /// One request that gets no answer.
    FakeHttp& lose(const std::string& method, const std::string& url, std::string problem) {
        return handle(method, url, [problem](const http::Request&) -> http::Response {
            throw http::ConnectionError(problem);
        });
    }

    /// One request that `handler` answers.
    FakeHttp& handle(const std::string& method, const std::string& url, Handler handler) {
        script_[method + " " + url].push_back(std::move(handler));
        return *this;
    }

    Task<http::Response> send(http::Request request, std::stop_token) override {
        requests_.push_back(request);
        const std::string line = request.method + " " + request.url;
        auto& answers = script_[line];
        if (answers.empty())
            throw std::logic_error("not scripted: " + line);
        const Handler handler = std::move(answers.front());
        answers.pop_front();
        co_return handler(request);
    }

    /// All requests so far.
    const std::vector<http::Request>& requests() const noexcept { return requests_; }

    /// Whether every scripted answer was used.
    bool exhausted() const noexcept {
        for (const auto& [line, answers] : script_) {
            if (!answers.empty())
                return false;
        }
        return true;
    }

    /// Removes the unused answers.
    void discard() { script_.clear(); }

    /// A header of a request, or an empty text. The name must have the case in which it was set.
    static std::string header(const http::Request& request, const std::string& name) {
        for (const auto& [key, value] : request.headers) {
            if (key == name)
                return value;
        }
        return {};
    }

private:
    std::map<std::string, std::deque<Handler>> script_;
    std::vector<http::Request> requests_;
};

}  // namespace paysync
