// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

namespace paysync::test {
namespace {

/// "setting state" of all requested settings.
std::string settings_of(const Scenario& world) {
    return world.sql(
        "SELECT string_agg(setting || ' ' || state, ', ' ORDER BY setting) FROM "
        "pay.settings");
}

std::string account_of(const Scenario& world) {
    return world.sql("SELECT account_id FROM pay.integrations WHERE company = 'bakery'");
}

/// The head of a PNG, which is all that is read.
std::string png(int width, int height) {
    const auto side = [](int pixels) {
        char text[9];
        std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(pixels));
        return std::string(text);
    };
    return "'\\x89504e470d0a1a0a0000000d49484452" + side(width) + side(height) + "0802000000'";
}

const std::string kBrand =
    "pay.update_branding('bakery', 'checkout', 'Bakery', '#ff0080', '#00ff00', " + png(200, 150) +
    ", 'image/png', " + png(128, 128) + ", 'image/png')";

TEST(Settings, ReachStripeAndEveryPaymentLink) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    world.command(
        "pay.update_settings('bakery', statement_descriptor => 'BAKERY 42', "
        "payment_methods => '{card,sepa_debit}', application_fee_percent => 2.5, "
        "application_fee_fixed => '{\"eur\": 30}')");
    EXPECT_EQ(settings_of(world),
              "application_fee_fixed applied, application_fee_percent applied, "
              "payment_methods applied, statement_descriptor applied");
    const auto account = world.stripe().world().account_json(account_of(world));
    EXPECT_EQ(account["settings"]["payments"]["statement_descriptor"], "BAKERY 42");

    const auto request = world.request("bakery", "client@example.com", 1010, "eur");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests)");
    const auto link = world.stripe().world().link_json(
        world.sql("SELECT link_id FROM pay.payment_requests WHERE request_id = '" + request + "'"));
    EXPECT_EQ(link["payment_method_types"].dump(), R"(["card","sepa_debit"])");
    EXPECT_EQ(link["application_fee_amount"], 25 + 30) << "2.5 % of 10.10 and 30 cents";
}

TEST(Settings, WaitForTheAccountAndAreAppliedByThemselves) {
    Scenario world;
    world.start();
    world.sql("SELECT pay.register_company('bakery')");
    world.command("pay.update_settings('bakery', statement_descriptor => 'BAKERY 42')");
    EXPECT_EQ(settings_of(world), "statement_descriptor pending");
    world.connect_company("bakery");
    world.wait_for("(SELECT state = 'applied' FROM pay.settings)");
    EXPECT_EQ(world.stripe().world().account_json(
                  account_of(world))["settings"]["payments"]["statement_descriptor"],
              "BAKERY 42");
}

TEST(Settings, ARefusalIsReportedInStripesWordsAndTheRestIsApplied) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    // After the hosted form the platform cannot change the currency of such an account.
    world.command(
        "pay.update_settings('bakery', default_currency => 'eur', "
        "statement_descriptor => 'BAKERY 42')");
    EXPECT_EQ(settings_of(world), "default_currency refused, statement_descriptor applied");
    EXPECT_NE(world.sql("SELECT refusal FROM pay.settings WHERE state = 'refused'"), "");
}

TEST(Settings, DriftIsReportedAndNotOverwritten) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    world.command("pay.update_settings('bakery', statement_descriptor => 'BAKERY 42')");
    httplib::Client owner(world.stripe().base_url());
    const auto changed =
        owner.Post("/v1/accounts/" + account_of(world),
                   httplib::Headers{{"Authorization", "Bearer " + Scenario::key()},
                                    {"Stripe-Version", "2026-10-28.endive"}},
                   httplib::Params{{"settings[payments][statement_descriptor]", "SOMETHING ELSE"}});
    ASSERT_TRUE(changed);
    ASSERT_EQ(changed->status, 200) << changed->body;
    world.wait_for("(SELECT drift AND actual = 'SOMETHING ELSE' FROM pay.settings)");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.alarms WHERE alarm = 'drift'"), "1");
    world.command("pay.update_settings('bakery', statement_descriptor => 'BAKERY 42')");
    EXPECT_EQ(world.sql("SELECT state || ' ' || drift || ' ' || version FROM pay.settings"),
              "applied false 2");
}

TEST(Settings, TheBrandAndItsPicturesAreUploadedOnce) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    world.command(kBrand);
    EXPECT_EQ(settings_of(world),
              "icon applied, logo applied, primary_color applied, secondary_color applied");
    const auto brand =
        world.stripe().world().account_json(account_of(world))["settings"]["branding"];
    EXPECT_EQ(brand["primary_color"], "#ff0080");
    EXPECT_EQ(brand["logo"],
              world.sql("SELECT file_id FROM pay_private.stripe_file WHERE purpose = "
                        "'business_logo'"));
    // The same pictures are not uploaded again.
    world.command("pay.update_branding('bakery', 'checkout', 'Bakery', '#000000', NULL, " +
                  png(200, 150) + ", 'image/png')");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.stripe_file"), "2");
    const auto after =
        world.stripe().world().account_json(account_of(world))["settings"]["branding"];
    EXPECT_EQ(after["primary_color"], "#000000");
    EXPECT_TRUE(after["secondary_color"].is_null()) << "what is not given is taken back";
    EXPECT_TRUE(after["icon"].is_null());
    EXPECT_EQ(after["logo"], brand["logo"]);
    EXPECT_EQ(world.sql("SELECT state FROM pay.commands WHERE command_id = '" +
                        world.command("pay.update_branding('bakery', 'onboard', 'Bakery')") + "'"),
              "done")
        << "kept for the applications; Stripe has no place for it";
}

class CrashWhileSetting : public testing::TestWithParam<const char*> {};

TEST_P(CrashWhileSetting, TheBrandIsAppliedAndEachPictureUploadedOnce) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    ASSERT_EQ(world.stop(), 0);
    world.start(GetParam());
    world.sql("SELECT " + kBrand);
    EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
    world.start();
    world.wait_for("NOT EXISTS (SELECT FROM pay.commands WHERE state <> 'done')");
    EXPECT_EQ(settings_of(world),
              "icon applied, logo applied, primary_color applied, secondary_color applied");
    EXPECT_EQ(world.stripe().world().counts()["files"], 2)
        << world.stripe().world().counts().dump();
}

INSTANTIATE_TEST_SUITE_P(EveryStep, CrashWhileSetting,
                         testing::Values("after-file-key", "after-file-post", "after-file",
                                         "after-settings-key", "after-settings-post"));

}  // namespace
}  // namespace paysync::test
