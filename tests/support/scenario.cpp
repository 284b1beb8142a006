// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include "daemon/base/db/conninfo.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>

namespace paysync::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* kKey = "sk_test_paysync_000000000000";

std::filesystem::path new_folder() {
    char name[] = "/tmp/paysync-test.XXXXXX";
    if (!::mkdtemp(name))
        throw std::runtime_error("mkdtemp failed");
    return name;
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string first_field(pqxx::connection& connection, const std::string& statement) {
    pqxx::work tx(connection);
    const auto rows = tx.exec(statement);
    tx.commit();
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

/// The DSN for paysyncd: a role with the rights of pay_daemon and no others.
std::string service_dsn(const std::string& dsn) {
    pqxx::connection connection(dsn);
    make_login_roles(connection);
    return db::conninfo(dsn, {{"user", kServiceRole}});
}

/// The link in the text part of a message of ours, which is quoted-printable.
std::string link_in(std::string letter) {
    letter = std::regex_replace(letter, std::regex("=\r\n"), "");
    std::smatch found;
    if (!std::regex_search(letter, found, std::regex(R"(/pay/(plink_\w+))")))
        throw std::runtime_error("the letter has no payment link");
    return found[1];
}

}  // namespace

Scenario::Scenario(std::string dsn) : dsn_(std::move(dsn)), folder_(new_folder()) {
    if (dsn_.empty()) {
        database_ = std::make_unique<TempDatabase>();
        dsn_ = database_->dsn();
    }
    service_dsn_ = service_dsn(dsn_);
    start_smtp();
    smtp_options_.port = smtp_->port();
}

Scenario::~Scenario() {
    daemon_.reset();
    stripe_.faults().clear();
    std::filesystem::remove_all(folder_);
}

std::string Scenario::key() {
    return kKey;
}

std::pair<int, std::string> Scenario::ctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {PAYSYNCCTL, "--config", config_path().string(), "--user", kOperatorRole});
    return run_program(arguments, {{"DBUS_SYSTEM_BUS_ADDRESS", bus_address_}});
}

void Scenario::stop_smtp() {
    smtp_.reset();
}

void Scenario::start_smtp() {
    smtp_ = std::make_unique<smtp_sim::Server>(smtp_options_);
}

void Scenario::write_config() {
    const auto key_file = folder_ / "stripe-key";
    std::ofstream(key_file) << kKey << '\n';
    std::filesystem::permissions(
        key_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::ofstream(config_path()) << fmt::format(
        R"(
database:
  dsn: "{0}"
stripe:
  api_key: {{ file: {1} }}
  api_base: {2}
  connect_base: {2}
  files_base: {2}
  livemode: false
  requests_per_second: {11}
  {6}
smtp:
  host: 127.0.0.1
  port: {3}
  {9}
mail:
  from: {{ address: billing@example.com, name: Billing }}
  pause: 500ms
  throttle_pause: 500ms
  {10}
leases: {{ {13} }}
bus: {{ enabled: {16} }}
log: {{ level: {12}, target: stderr }}
jobs:
  onboarding:
    every: {8}
    hot_every: {14}
    return_url: {2}/returned
    refresh_url: {2}/refresh
    contact: Please write to help@example.com.
    confirm_after: 1s
    {5}
  payment_requests:
    every: {15}
    {4}
  reconciliation:
    {7}
)",
        service_dsn_, key_file.string(), stripe_.base_url(), smtp_options_.port, payment_requests_,
        onboarding_, stripe_section_, reconciliation_, sweep_every_, smtp_section_, mail_, pace_,
        log_level_, leases_, hot_every_, requests_every_, bus_address_.empty() ? "false" : "true");
    std::filesystem::permissions(
        config_path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

void Scenario::start(const std::string& crash_at) {
    write_config();
    std::map<std::string, std::string> environment;
    environment["PAYSYNC_CRASH_AT"] = crash_at;
    environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus_address_;
    // Another build of the daemon, for example one with a sanitizer.
    const char* other = std::getenv("PAYSYNC_DAEMON");
    const std::vector<std::string> command = {other ? other : PAYSYNCD, "--config",
                                              config_path().string()};
    daemon_ = std::make_unique<Process>(command, environment, folder_ / "log");
}

int Scenario::stop() {
    daemon_->signal(SIGTERM);
    return daemon_->wait();
}

void Scenario::kill() {
    daemon_->signal(SIGKILL);
    daemon_->wait();
}

std::string Scenario::log() const {
    return contents(folder_ / "log");
}

std::string Scenario::sql(const std::string& statement) const {
    const std::lock_guard lock(connection_lock_);
    const bool kept = connection_ != nullptr;
    if (!kept)
        connection_ = std::make_unique<pqxx::connection>(dsn_);
    try {
        return first_field(*connection_, statement);
    } catch (const pqxx::broken_connection&) {
        connection_.reset();
        if (!kept)
            throw;
    }
    // The server was restarted meanwhile: the statement is meant for the new one.
    connection_ = std::make_unique<pqxx::connection>(dsn_);
    return first_field(*connection_, statement);
}

void Scenario::wait_for(const std::string& condition, int seconds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (sql("SELECT " + condition) != "t") {
        if (std::chrono::steady_clock::now() > deadline) {
            FAIL() << "never became true: " << condition << "\n"
                   << sql("SELECT string_agg(r::text, E'\n') FROM pay.payment_requests r") << "\n"
                   << log();
        }
        std::this_thread::sleep_for(20ms);
    }
}

void Scenario::wait_for_log(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (log().find(text) == std::string::npos) {
        if (std::chrono::steady_clock::now() > deadline)
            FAIL() << "never said: " << text << "\n" << log();
        std::this_thread::sleep_for(20ms);
    }
}

std::string Scenario::command(const std::string& call) {
    const auto id = sql("SELECT " + call);
    wait_for("(SELECT state IN ('done', 'failed') FROM pay.commands WHERE command_id = '" + id +
             "')");
    return id;
}

void Scenario::submit_onboarding(const std::string& command_id) {
    const auto url =
        sql("SELECT result_url FROM pay.commands WHERE command_id = '" + command_id + "'");
    const auto token = url.substr(url.rfind('/') + 1);
    const auto lock = stripe_.world().lock();
    stripe_.world().open_onboarding(token);
    stripe_.world().submit_onboarding(token, stripe_sim::Json::object());
}

void Scenario::connect_company(const std::string& company) {
    sql("SELECT pay.register_company('" + company + "', 'The " + company + "', email => '" +
        company + "@example.com', country => 'US')");
    submit_onboarding(command("pay.connect('" + company + "', '" + company + "@example.com')"));
    wait_for("(SELECT stage = 'completed' FROM pay.integrations WHERE company = '" + company +
             "')");
}

std::string Scenario::request(const std::string& company, const std::string& email,
                              std::int64_t amount, const std::string& currency) {
    return sql(fmt::format("SELECT pay.request_payment('{}', '{}', {}, '{}', 'Invoice')", company,
                           email, amount, currency));
}

smtp_sim::Accepted Scenario::mails_of(const std::string& request_id) const {
    return smtp_->accepted_with_header("Message-ID", "<request." + request_id + "@example.com>");
}

void Scenario::pay_from_mail(const std::string& request_id) {
    const auto letters = mails_of(request_id);
    ASSERT_EQ(letters.count, 1U) << request_id;
    const auto link = link_in(letters.messages.front().bytes());
    const auto lock = stripe_.world().lock();
    stripe_.world().pay(link);
}

}  // namespace paysync::test
