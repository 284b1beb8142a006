// SPDX-License-Identifier: MIT
#include "tests/sim_base/stop_signals.hpp"
#include "tests/stripe_sim/describe.hpp"
#include "tests/stripe_sim/server.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    stripe_sim::Options options;
    CLI::App app("A stateful stand-in for Stripe with Connect, for tests");
    app.add_option("--host", options.host, "address to listen on")->capture_default_str();
    app.add_option("--port", options.port, "port to listen on, 0 for any")->capture_default_str();
    app.add_option("--seed", options.seed, "seed of all ids and random numbers")
        ->capture_default_str();
    app.add_option("--key", options.key, "the platform's secret key")->capture_default_str();
    app.add_option("--client-id", options.client_id, "the platform's OAuth client id")
        ->capture_default_str();
    app.add_option("--public-url", options.public_url, "address of the hosted pages for browsers");
    app.add_option("--redirect-uri", options.redirect_uris,
                   "redirect URIs that OAuth accepts; any without");
    app.add_option("--start-time", options.start_time, "Unix second at which the clock starts");
    app.add_flag("--stopped-clock", options.stopped_clock, "the clock moves only by script");
    app.add_flag("--livemode", options.livemode, "simulate live mode");
    app.add_flag_callback(
        "--describe",
        [] {
            std::printf("%s\n", stripe_sim::describe().dump(2).c_str());
            throw CLI::Success();
        },
        "print the names of all calls and faults as JSON");
    app.add_option(
           "--generate", options.generate,
           "generated accounts or charges at the start, as for POST /_sim/generate; repeatable")
        ->allow_extra_args(false);
    CLI11_PARSE(app, argc, argv);

    const sim_base::StopSignals signals;
    try {
        stripe_sim::Server server(options);
        std::printf("stripe_sim listening on %s\n", server.base_url().c_str());
        for (const stripe_sim::Json& part : server.generated()) {
            std::printf("stripe_sim generated %s\n", stripe_sim::dump(part).c_str());
        }
        std::fflush(stdout);
        signals.wait();
        server.stop();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stripe_sim: %s\n", error.what());
        return 1;
    }
    return 0;
}
