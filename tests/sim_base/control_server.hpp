// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace httplib {
struct Request;
}

namespace sim_base {

/// What a script may call on a stand-in: "METHOD /path" and what answers. What that throws is the
/// caller's fault and becomes a 400 with its text.
template <typename Target>
using Calls =
    std::vector<std::pair<std::string, nlohmann::json (*)(Target&, const httplib::Request&)>>;

/// The names in Calls, or the keys of JSON's items().
std::vector<std::string> names_of(const auto& pairs) {
    std::vector<std::string> names;
    for (const auto& [name, value] : pairs) {
        names.push_back(name);
    }
    return names;
}

/// A stand-in's control port: HTTP and JSON on a thread of its own, from the constructor to the
/// destructor. The target must outlive it.
class ControlServer {
public:
    /// Port 0: any free port. Throws std::runtime_error when it cannot listen.
    template <typename Target>
    ControlServer(Target& target, const Calls<Target>& calls, const std::string& host,
                  std::uint16_t port)
        : ControlServer() {
        for (const auto& [name, answer] : calls) {
            add(name, [&target, answer = answer](const auto& request) {
                return answer(target, request);
            });
        }
        start(host, port);
    }
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    std::uint16_t port() const;

private:
    ControlServer();
    void add(const std::string& name,
             std::function<nlohmann::json(const httplib::Request&)> answer);
    void start(const std::string& host, std::uint16_t port);

    struct Http;
    std::unique_ptr<Http> http_;
};

}  // namespace sim_base
