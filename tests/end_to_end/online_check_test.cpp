// SPDX-License-Identifier: MIT
// `paysyncd --check --online` names problems before the daemon has them, and changes nothing.
#include "tests/smtp_sim/test_ca.hpp"
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace paysync::test {
namespace {

using stripe_sim::Json;

class OnlineCheck : public testing::Test {
protected:
    OnlineCheck() {
        auto& options = world.smtp_options();
        options.tls = smtp_sim::Tls::starttls;
        options.user = "paysync";
        options.password = "correct";
        const auto certificate = ca_.issue("good");
        options.certificate = certificate.certificate;
        options.key = certificate.key;
        world.stop_smtp();
        world.start_smtp();
        write("password", "correct");
        world.configure_smtp("tls: starttls\n  timeout: 3s\n  ca_file: " + ca_.ca_file().string() +
                             "\n  user: paysync\n  password: { file: " +
                             (world.folder() / "password").string() + " }");
        world.start();
    }

    /// Writes a secret's file for its owner only.
    void write(const std::string& name, const std::string& secret) {
        const auto path = world.folder() / name;
        std::filesystem::remove(path);
        std::ofstream(path) << secret << '\n';
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    }
    /// Restricts the key to these permissions.
    void restrict_key(const Json& permissions) {
        const std::string key = "rk_test_paysync_restricted00";
        write("stripe-key", key);
        world.stripe().keys().set(Json{{"key", key}, {"permissions", permissions}});
    }
    std::pair<int, std::string> check() const {
        return run_program(
            {PAYSYNCD, "--check", "--online", "--config", world.config_path().string()});
    }
    static std::size_t count(const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
            ++found;
        return found;
    }

    Scenario world;
    smtp_sim::TestCa ca_{world.folder() / "ca"};
};

TEST_F(OnlineCheck, ChecksEverythingAndChangesNothing) {
    world.connect_company("bakery");
    ASSERT_EQ(world.stop(), 0);
    world.stripe().log().clear();
    const auto [code, out] = check();
    EXPECT_EQ(code, 0) << out;
    EXPECT_EQ(count(out, "FAILED"), 0U) << out;
    EXPECT_EQ(count(out, "ok      Stripe, "), 16U) << out;
    EXPECT_EQ(count(out, "ok      database: "), 3U) << out;
    EXPECT_EQ(count(out, "ok      mail account "), 1U) << out;
    EXPECT_EQ(out.find("is a superuser"), out.npos) << out;
    for (const auto& call : world.stripe().log().requests(0, "POST"))
        EXPECT_TRUE(call.status == 400 || call.status == 404) << call.path << " was carried out";
    EXPECT_EQ(world.stripe().log().requests(0, "POST").size(), 6U);
    EXPECT_EQ(world.smtp().messages().size(), 0U);
    EXPECT_EQ(out.find(Scenario::key()), out.npos);
}

TEST_F(OnlineCheck, NamesTheMissingPermissionOfTheKey) {
    world.connect_company("bakery");
    ASSERT_EQ(world.stop(), 0);
    restrict_key({{"connected_account", "write"},
                  {"account_link", "write"},
                  {"payment_link", "read"},
                  {"refund", "read"},
                  {"balance", "read"}});
    const auto [code, out] = check();
    EXPECT_EQ(code, 69) << out;
    EXPECT_NE(out.find("ok      Stripe, refunds: list\n"), out.npos) << out;
    EXPECT_NE(out.find("FAILED  Stripe, charges: list: the key lacks rak_charge_read"), out.npos)
        << out;
    EXPECT_NE(
        out.find("FAILED  Stripe, application fees: list: the key lacks rak_application_fee_read"),
        out.npos)
        << out;
    EXPECT_NE(
        out.find("FAILED  Stripe, payment links: create: the key lacks rak_payment_link_write"),
        out.npos)
        << out;
}

TEST_F(OnlineCheck, NamesEveryOtherProblem) {
    world.connect_company("bakery");
    ASSERT_EQ(world.stop(), 0);
    write("password", "wrong");
    write("stripe-key", "sk_test_paysync_111111111111");
    std::ifstream file(world.config_path());
    std::string config{std::istreambuf_iterator<char>(file), {}};
    config.replace(config.find(kServiceRole), std::string(kServiceRole).size(), kOperatorRole);
    std::ofstream(world.config_path()) << config;
    const auto [code, out] = check();
    EXPECT_EQ(code, 69) << out;
    EXPECT_NE(
        out.find("FAILED  database: rights of pay_daemon: run: GRANT pay_daemon TO paysync_person"),
        out.npos)
        << out;
    EXPECT_NE(out.find("FAILED  Stripe, accounts: list and read: Stripe: authentication"), out.npos)
        << out;
    EXPECT_NE(out.find("FAILED  mail account default: login at 127.0.0.1:"), out.npos) << out;
    world.stop_smtp();
    const auto [again, away] = check();
    EXPECT_EQ(again, 69);
    EXPECT_NE(away.find("FAILED  mail account default: login at 127.0.0.1:"), away.npos) << away;
}

}  // namespace
}  // namespace paysync::test
