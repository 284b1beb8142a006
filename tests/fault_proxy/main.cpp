// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/control.hpp"
#include "tests/fault_proxy/json.hpp"
#include "tests/fault_proxy/proxy.hpp"
#include "tests/sim_base/stop_signals.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

int main(int argc, char** argv) {
    CLI::App app("A TCP proxy for tests that simulates a bad network.");
    fault_proxy::Options options;
    std::string settings;
    int control_port = -1;
    app.add_option("--listen", options.listen, "HOST:PORT (port 0 for any) or /PATH")
        ->capture_default_str();
    app.add_option("--target", options.target, "HOST:PORT or /PATH")->required();
    app.add_option("--settings", settings, "initial settings, as JSON");
    app.add_option("--seed", options.seed, "seed of the random jitter")->capture_default_str();
    app.add_option("--control-port", control_port, "HTTP port for scripts, 0 for any")
        ->check(CLI::Range(0, 65535));
    app.add_flag_callback(
        "--describe",
        [] {
            fmt::print("{}\n", fault_proxy::Control::describe().dump(2));
            throw CLI::Success();
        },
        "print the names of all calls and settings as JSON");
    CLI11_PARSE(app, argc, argv);

    const sim_base::StopSignals signals;
    try {
        if (!settings.empty()) {
            options.settings = fault_proxy::settings_from_json(nlohmann::json::parse(settings));
        }
        fault_proxy::Proxy proxy(options);
        std::unique_ptr<fault_proxy::Control> control;
        if (control_port >= 0) {
            const auto port = static_cast<std::uint16_t>(control_port);
            control = std::make_unique<fault_proxy::Control>(proxy, "127.0.0.1", port);
            fmt::print("fault_proxy control on http://127.0.0.1:{}\n", control->port());
        }
        fmt::print("fault_proxy listening on {}\n", proxy.address());
        std::fflush(stdout);
        signals.wait();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "fault_proxy: {}\n", error.what());
        return 1;
    }
}
