// SPDX-License-Identifier: MIT
#include "tests/sim_base/stop_signals.hpp"
#include "tests/smtp_sim/control.hpp"
#include "tests/smtp_sim/server.hpp"
#include "tests/smtp_sim/test_ca.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>

namespace {

std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) {
        throw std::runtime_error("cannot read " + file);
    }
    return line;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("An SMTP server for tests: acts as its rules say and records every transaction.");
    smtp_sim::Options options;
    std::string folder;
    std::string certificate;
    std::string key;
    std::string ca_folder;
    std::string password_file;
    std::string token_file;
    int control_port = -1;
    bool no_pipelining = false;
    bool no_smtputf8 = false;
    bool no_8bitmime = false;
    bool hide_starttls = false;
    bool headers_only = false;
    const std::map<std::string, smtp_sim::Tls> tls_names{{"none", smtp_sim::Tls::none},
                                                         {"starttls", smtp_sim::Tls::starttls},
                                                         {"implicit", smtp_sim::Tls::implicit}};
    app.add_option("--host", options.host, "address to listen on")->capture_default_str();
    app.add_option("--port", options.port, "SMTP port, 0 for any")->capture_default_str();
    app.add_option("--control-port", control_port, "HTTP port for scripts, 0 for any")
        ->check(CLI::Range(0, 65535));
    app.add_option("--folder", folder, "folder for accepted messages (NNNN.eml)");
    app.add_option("--tls", options.tls, "none, starttls or implicit")
        ->transform(CLI::CheckedTransformer(tls_names));
    app.add_option("--certificate", certificate, "PEM file of the certificate chain");
    app.add_option("--key", key, "PEM file of the private key");
    app.add_option("--make-ca", ca_folder, "make a CA (ca.pem) and a certificate in this folder");
    app.add_flag("--hide-starttls", hide_starttls, "STARTTLS works but is not offered");
    app.add_flag("--require-tls", options.require_tls, "refuse MAIL without TLS");
    app.add_option("--user", options.user, "user who has to log in");
    app.add_option("--password-file", password_file, "file whose first line is the password");
    app.add_option("--token-file", token_file, "file whose first line is the XOAUTH2 token");
    app.add_option("--mechanism", options.mechanisms, "offered mechanisms: PLAIN LOGIN XOAUTH2");
    app.add_option("--size", options.size, "largest message in bytes")->capture_default_str();
    app.add_flag("--no-pipelining", no_pipelining, "do not offer PIPELINING");
    app.add_flag("--no-smtputf8", no_smtputf8, "do not offer SMTPUTF8");
    app.add_flag("--no-8bitmime", no_8bitmime, "do not offer 8BITMIME");
    app.add_flag("--undeclared-8bit", options.undeclared_8bit,
                 "accept 8-bit messages that MAIL did not declare");
    app.add_flag("--undeclared-utf8-headers", options.undeclared_utf8_headers,
                 "accept headers with bytes above 127 without SMTPUTF8");
    app.add_flag("--headers-only", headers_only, "keep only headers and digests in memory");
    app.add_flag_callback(
        "--describe",
        [] {
            fmt::print("{}\n", smtp_sim::Control::describe().dump(2));
            throw CLI::Success();
        },
        "print the names of all calls, stages and acts as JSON");
    CLI11_PARSE(app, argc, argv);

    const sim_base::StopSignals signals;
    try {
        options.folder = folder;
        options.certificate = certificate;
        options.key = key;
        options.pipelining = !no_pipelining;
        options.smtputf8 = !no_smtputf8;
        options.eight_bit_mime = !no_8bitmime;
        options.advertise_starttls = !hide_starttls;
        options.keep_bodies = !headers_only;
        if (!ca_folder.empty()) {
            const auto made = smtp_sim::TestCa(ca_folder).issue("server");
            options.certificate = made.certificate;
            options.key = made.key;
        }
        if (!password_file.empty()) {
            options.password = first_line(password_file);
        }
        if (!token_file.empty()) {
            options.token = first_line(token_file);
        }
        smtp_sim::Server server(options);
        std::unique_ptr<smtp_sim::Control> control;
        if (control_port >= 0) {
            control = std::make_unique<smtp_sim::Control>(server, options.host,
                                                          static_cast<std::uint16_t>(control_port));
            fmt::print("smtp_sim control on http://{}:{}\n", options.host, control->port());
        }
        fmt::print("smtp_sim listening on {}\n", server.url());
        std::fflush(stdout);
        signals.wait();
        control.reset();
        server.stop();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "smtp_sim: {}\n", error.what());
        return 1;
    }
}
