// SPDX-License-Identifier: MIT
// Measures how many pages of lists stripe_sim serves per second of its own CPU time, compared with
// a server that only sends prepared bytes. It prints numbers and never fails because of them.
#include "tests/bench/child.hpp"
#include "tests/bench/page_client.hpp"
#include "tests/bench/yardstick.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Json = nlohmann::json;
using bench::Child;
using bench::PageClient;

struct Settings {
    double seconds = 2;
    int rounds = 3;
    int connections = 4;
    int64_t charges = 10'000'000;
    int64_t accounts = 100'000;
    int64_t stored = 20'000;
};

struct Rate {
    int64_t pages = 0;
    double wall = 0;
    double cpu = 0;

    void add(const Rate& other) {
        pages += other.pages;
        wall += other.wall;
        cpu += other.cpu;
    }
    double per_second() const { return static_cast<double>(pages) / wall; }
    double per_core() const { return static_cast<double>(pages) / cpu; }
};

std::string request(const std::string& method, const std::string& target,
                    const std::string& account, const std::string& body = "") {
    std::string out = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" +
                      "Authorization: Bearer sk_test_paysync_000000000000\r\n"
                      "Stripe-Version: 2026-10-28.endive\r\n";
    if (!account.empty()) {
        out += "Stripe-Account: " + account + "\r\n";
    }
    if (!body.empty()) {
        out += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n";
    }
    return out + "\r\n" + body;
}

/// Walks through a list repeatedly until the time is up, on several connections.
template <typename Walk>
Rate measure(const Child& server, const Settings& settings, const Walk& walk) {
    std::atomic<int64_t> pages = 0;
    std::atomic<bool> over = false;
    double cpu = server.cpu_seconds();
    auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < settings.connections; ++i) {
        threads.emplace_back([&] {
            try {
                walk(over, pages);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "stripe_sim_bench: %s\n", error.what());
                std::_Exit(1);
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(settings.seconds));
    over = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    return {pages, wall.count(), server.cpu_seconds() - cpu};
}

class Bench {
public:
    Bench(const Settings& settings, const std::string& program)
        : settings_(settings), simulator_({program, "--seed", "7"}) {
        const std::string& line = simulator_.first_line();
        port_ = std::stoi(line.substr(line.rfind(':') + 1));
        control_ = std::make_unique<PageClient>(port_);
    }

    Json script(const std::string& name, const Json& body) {
        return Json::parse(control_->ask(request("POST", "/_sim/" + name, "", body.dump())));
    }

    void run() {
        std::printf("%d connections, %d rounds of %.1f s each, yardstick and simulator in turn\n",
                    settings_.connections, settings_.rounds, settings_.seconds);
        memory("at the start");
        script("generate", {{"accounts", settings_.accounts},
                            {"stages", {{"incomplete", 0.1}, {"enabled_due_soon", 0.1}}}});
        memory("with " + std::to_string(settings_.accounts) + " generated accounts");
        Json made = script("generate", {{"charges", settings_.charges},
                                        {"refunded", 0.02},
                                        {"failed", 0.05},
                                        {"disputed", 0.001}});
        auto account = made["account"].get<std::string>();
        memory("with " + std::to_string(settings_.charges) + " generated charges");
        std::printf("\n%-38s %8s %10s %14s %10s %14s %7s\n", "pages of 100", "KiB/page", "pages/s",
                    "pages/s/core", "MB/s/core", "yardstick/core", "ratio");
        list("charges", "/v1/charges?limit=100", account);
        list("charges, balance transaction in place",
             "/v1/charges?limit=100&expand%5B%5D=data.balance_transaction", account);
        list("balance transactions", "/v1/balance_transactions?limit=100", account);
        list("accounts", "/v1/accounts?limit=100", "");
        Json seller = script("accounts", {{"enabled", true}});
        auto stored = seller["id"].get<std::string>();
        script("charges", {{"account", stored}, {"count", settings_.stored}});
        list("stored charges", "/v1/charges?limit=100", stored);
        std::printf("\n");
        memory("at the end, with " + std::to_string(settings_.stored) + " stored charges");
    }

private:
    void memory(const std::string& when) {
        std::printf("resident memory %-46s %6.1f MiB\n", when.c_str(), simulator_.resident_mib());
    }

    void list(const char* name, const std::string& target, const std::string& account) {
        std::string page(control_->ask(request("GET", target, account)));
        Child yardstick([&](int out) { bench::serve_yardstick(page, out); });
        int yardstick_port = std::stoi(yardstick.first_line());
        std::string first = request("GET", target, account);
        Rate ours;
        Rate bare;
        for (int i = 0; i < settings_.rounds; ++i) {
            bare.add(measure(yardstick, settings_, [&](const auto& over, auto& pages) {
                PageClient client(yardstick_port);
                for (; !over; ++pages) {
                    client.ask(first);
                }
            }));
            ours.add(measure(simulator_, settings_, [&](const auto& over, auto& pages) {
                PageClient client(port_);
                for (std::string next = first; !over; ++pages) {
                    std::string_view body = client.ask(next);
                    bool more = body.find(R"("has_more":true,"url":"/v1)", body.size() - 80) !=
                                std::string_view::npos;
                    next = more ? request("GET", target + "&starting_after=" + bench::last_id(body),
                                          account)
                                : first;
                }
            }));
        }
        double size = static_cast<double>(page.size());
        std::printf("%-38s %8.0f %10.0f %14.0f %10.0f %14.0f %6.0f%%\n", name, size / 1024,
                    ours.per_second(), ours.per_core(), ours.per_core() * size / 1e6,
                    bare.per_core(), 100 * ours.per_core() / bare.per_core());
        std::fflush(stdout);
    }

    Settings settings_;
    Child simulator_;
    int port_ = 0;
    std::unique_ptr<PageClient> control_;
};

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    std::string program = STRIPE_SIM;
    CLI::App app("Pages per second of the Stripe simulator");
    app.add_option("--seconds", settings.seconds, "Length of a round")->capture_default_str();
    app.add_option("--rounds", settings.rounds, "Rounds of each kind")->capture_default_str();
    app.add_option("--connections", settings.connections, "Connections")->capture_default_str();
    app.add_option("--charges", settings.charges, "Generated charges")->capture_default_str();
    app.add_option("--accounts", settings.accounts, "Generated accounts")->capture_default_str();
    app.add_option("--stored", settings.stored, "Stored charges")->capture_default_str();
    app.add_option("--program", program, "The simulator")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        Bench(settings, program).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stripe_sim_bench: %s\n", error.what());
        return 1;
    }
    return 0;
}
