// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/control.hpp"

#include "tests/fault_proxy/json.hpp"
#include "tests/fault_proxy/proxy.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <stdexcept>

namespace fault_proxy {
namespace {

using httplib::Request;
using nlohmann::json;
using sim_base::names_of;

bool is_yes(const char* name, const std::string& value) {
    if (value != "yes" && value != "no") {
        throw std::invalid_argument(fmt::format("'{}' must be yes or no", name));
    }
    return value == "yes";
}

json get_settings(Proxy& proxy, const Request&) {
    return to_json(proxy.settings());
}

json put_settings(Proxy& proxy, const Request& request) {
    const Settings settings = settings_from_json(json::parse(request.body));
    const std::string whom = request.has_param("for") ? request.get_param_value("for") : "all";
    if (whom == "all") {
        proxy.set(settings);
    } else if (whom == "new") {
        proxy.set_new(settings);
    } else if (whom == "existing") {
        proxy.set_existing(settings);
    } else if (whom == "next") {
        const std::string text = request.get_param_value("count");
        std::size_t count = 0;
        const char* const last = text.data() + text.size();
        if (std::from_chars(text.data(), last, count).ptr != last || text.empty()) {
            throw std::invalid_argument("'count' must be an integer");
        }
        proxy.set_next(count, settings);
    } else {
        throw std::invalid_argument("'for' must be all, new, existing or next");
    }
    return json::object();
}

json put_refuse(Proxy& proxy, const Request& request) {
    proxy.refuse(is_yes("refuse", request.body));
    return json::object();
}

json put_target(Proxy& proxy, const Request& request) {
    proxy.set_target(request.body);
    return json::object();
}

json delete_connections(Proxy& proxy, const Request& request) {
    proxy.cut_all(request.has_param("reset") && is_yes("reset", request.get_param_value("reset")));
    return json::object();
}

json get_counters(Proxy& proxy, const Request&) {
    return to_json(proxy.counters());
}

const sim_base::Calls<Proxy>& calls() {
    static const sim_base::Calls<Proxy> kCalls = {
        {"GET /settings", get_settings}, {"PUT /settings", put_settings},
        {"PUT /refuse", put_refuse},     {"PUT /target", put_target},
        {"GET /counters", get_counters}, {"DELETE /connections", delete_connections}};
    return kCalls;
}

}  // namespace

Control::Control(Proxy& proxy, const std::string& host, std::uint16_t port)
    : ControlServer(proxy, calls(), host, port) {}

json Control::describe() {
    json settings = to_json(Settings{});
    settings.update(settings["to_target"]);
    return {{"call", names_of(calls())}, {"setting", names_of(settings.items())}};
}

}  // namespace fault_proxy
