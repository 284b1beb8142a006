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

/// The calls that a stand-in's control port offers: pairs of "METHOD /path" and the function that
/// answers with JSON. An exception of the function becomes a 400 with its text.
template <typename Target>
using Calls =
    std::vector<std::pair<std::string, nlohmann::json (*)(Target&, const httplib::Request&)>>;

/// The first member of each pair: the names of Calls, or the keys of a JSON object's items().
std::vector<std::string> names_of(const auto& pairs) {
    std::vector<std::string> names;
    for (const auto& [name, value] : pairs) {
        names.push_back(name);
    }
    return names;
}

/// The control port of a stand-in: HTTP with JSON, on its own thread, from the constructor to the
/// destructor. Test scripts use it to set rules and to read records while the stand-in runs. The
/// target must outlive it.
class ControlServer {
public:
    /// Port 0 chooses any free port. Throws std::runtime_error if it cannot listen.
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
