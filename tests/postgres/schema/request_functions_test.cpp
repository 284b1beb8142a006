// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

#include <fmt/format.h>

namespace paysync::test {
namespace {

class SchemaRequestFunctions : public SchemaTest {
protected:
    /// A call of request_payment with these further arguments.
    static std::string call(const std::string& more = "") {
        return "SELECT pay.request_payment('acme', 'payer@example.com', 1250, 'eur', 'Invoice 7'" +
               more + ")";
    }
};

TEST_F(SchemaRequestFunctions, FiveArgumentsAreEnough) {
    const auto id = value(call());
    EXPECT_EQ(value("SELECT state || ' ' || delivery || ' ' || amount_decimal || ' ' || currency "
                    "FROM pay.request_status('" +
                    id + "')"),
              "open queued 12.50 eur");
    EXPECT_EQ(outcome("SELECT pay.request_status(gen_random_uuid())"), "PY404");
}

TEST_F(SchemaRequestFunctions, AllArgumentsReachTheRow) {
    const auto file = value(
        "SELECT pay.add_collect_payment_file('acme', 'a.txt', 'text/plain', "
        "'hello')");
    run(
        call(", request_key => 'k', to_name => 'Eve', message => 'Hi', due_on => '2030-01-31', "
             "expires_at => '2099-02-01Z', send_after => '2098-01-01Z', priority => 3, "
             "multi_party => true, locale => 'de', "
             "reply_to => 'r@acme.test', metadata => '{\"order\": 7}', "
             "cc => '{c@example.com}', reminders => '{-1, 5}', receipt_to_payer => false, "
             "receipt_to_company => false, collect_payment_file_id => '" +
             file + "'"));
    EXPECT_EQ(value("SELECT (company, to_email, to_name, reply_to, amount, currency, "
                    "description, message, to_char(due_on, 'YYYY-MM-DD'), priority, multi_party, "
                    "locale, request_key, "
                    "metadata, cc, reminders, receipt_to_payer, receipt_to_company)::text FROM "
                    "pay.payment_requests WHERE collect_payment_file_id = '" +
                    file + "' AND next_attempt_at = '2098-01-01Z' AND expires_at = '2099-02-01Z'"),
              "(acme,payer@example.com,Eve,r@acme.test,1250,eur,\"Invoice 7\",Hi,"
              "2030-01-31,3,t,de,k,\"{\"\"order\"\": 7}\",{c@example.com},\"{-1,5}\",f,f)");
}

TEST_F(SchemaRequestFunctions, TheSameKeyWithTheSameContentIsTheSameRequest) {
    const std::string full =
        ", request_key => 'k', to_name => 'Eve', send_after => '2098-01-01Z', metadata => '{\"a\": "
        "1}'";
    const auto id = value(call(full));
    EXPECT_EQ(value(call(full)), id);
    EXPECT_EQ(value("SELECT count(*) FROM pay.payment_request"), "1");
    for (const auto* other : {", request_key => 'k'",
                              ", request_key => 'k', to_name => 'Adam', metadata => '{\"a\": 1}'",
                              ", request_key => 'k', to_name => 'Eve', metadata => "
                              "'{\"a\": 2}'",
                              ", request_key => 'k', to_name => 'Eve', send_after => "
                              "'2097-01-01Z', metadata => '{\"a\": 1}'"})
        EXPECT_EQ(outcome(call(other)), "PY409") << other;
    EXPECT_NE(value(call()), value(call())) << "without a key each call is a request";
}

TEST_F(SchemaRequestFunctions, TheSameKeyAtTheSameTimeIsTheSameRequest) {
    pqxx::connection second(database_.dsn());
    pqxx::work first(connection_);
    const auto id = first.exec1(call(", request_key => 'k'"))[0].as<std::string>();
    // The second call waits for the end of the first one; here with a short timeout.
    {
        pqxx::work waiting(second);
        waiting.exec("SET LOCAL lock_timeout = '50ms'");
        EXPECT_THROW(waiting.exec(call(", request_key => 'k'")), pqxx::sql_error);
    }
    first.commit();
    pqxx::work after(second);
    EXPECT_EQ(after.exec1(call(", request_key => 'k'"))[0].as<std::string>(), id);
}

TEST_F(SchemaRequestFunctions, BadArgumentsRaiseOneSqlstateAndNameTheConstraint) {
    run("SELECT pay.register_company('off', enabled => false)");
    const std::vector<std::pair<std::string, std::string>> calls = {
        {"'acme', 'not one', 1, 'eur', 'x'", "PY400 email_one_address"},
        {"'acme', NULL, 1, 'eur', 'x'", "PY400"},
        {"'acme', 'p@example.com', 0, 'eur', 'x'", "PY400 payment_request_amount_positive"},
        {"'acme', 'p@example.com', 1, 'EUR', 'x'", "PY400 currency_lower_case"},
        {"'acme', 'p@example.com', 1, 'zzz', 'x'", "PY400 payment_request_currency_known"},
        {"'acme', 'p@example.com', 1, 'isk', 'x'", "PY400 payment_request_amount_multiple"},
        {"'acme', 'p@example.com', 1, 'eur', ''", "PY400 payment_request_description_given"},
        {"'acme', 'p@example.com', 1, 'eur', 'x', priority => 70000",
         "PY400 payment_request_priority_range"},
        {"'acme', 'p@example.com', 1, 'eur', 'x', expires_at => now()",
         "PY400 payment_request_expires_after_send"},
        {"'acme', 'p@example.com', 1, 'eur', 'x', collect_payment_file_id => gen_random_uuid()",
         "PY400 payment_request_file_of_company"},
        {"'off', 'p@example.com', 1, 'eur', 'x'", "PY403"},
        {"'nobody', 'p@example.com', 1, 'eur', 'x'", "PY404"},
        {"NULL, 'p@example.com', 1, 'eur', 'x'", "PY404"}};
    for (const auto& [arguments, expected] : calls)
        EXPECT_EQ(outcome("SELECT pay.request_payment(" + arguments + ")"), expected) << arguments;
}

TEST_F(SchemaRequestFunctions, RefusalsQuoteTheConstraintsCommentAndHideTheValue) {
    try {
        run("SELECT pay.request_payment('acme', 'secret name@example.com', 1, 'eur', 'x')");
        FAIL() << "a bad address was taken";
    } catch (const pqxx::sql_error& refusal) {
        const std::string said = refusal.what();
        EXPECT_NE(said.find("an e-mail address is one address"), said.npos) << said;
        EXPECT_EQ(said.find("secret"), said.npos) << said;
    }
    try {
        run("SELECT pay.request_payment('acme', 'p@example.com', NULL, 'eur', 'x')");
        FAIL() << "no amount was taken";
    } catch (const pqxx::sql_error& refusal) {
        EXPECT_NE(std::string(refusal.what()).find("amount is missing"), std::string::npos);
    }
}

TEST_F(SchemaRequestFunctions, CompaniesCanBeRegisteredAndChanged) {
    run("SELECT pay.register_company('new', 'New', 'n@new.test', 'de', 'AT', 'eur')");
    run("SELECT pay.register_company('new', enabled => false)");
    EXPECT_EQ(value("SELECT (name, email, locale, country, default_currency, enabled)::text "
                    "FROM pay.company WHERE company = 'new'"),
              "(New,n@new.test,de,AT,eur,f)");
    const std::vector<std::pair<std::string, std::string>> calls = {
        {"NULL", "PY400"},
        {"'', 'X'", "PY400 company_id_text"},
        {"E'a\\nb', 'X'", "PY400 company_id_text"},
        {"'x', ' '", "PY400 company_name_given"},
        {"'x', 'X', 'not one'", "PY400 email_one_address"},
        {"'x', country => 'at'", "PY400 country_upper_case"},
        {"'x', default_currency => 'zzz'", "PY400 company_currency_known"}};
    for (const auto& [arguments, expected] : calls)
        EXPECT_EQ(outcome("SELECT pay.register_company(" + arguments + ")"), expected) << arguments;
}

/// The head of a PNG, which has its size, as SQL.
std::string picture(int width, int height) {
    return fmt::format("'\\x89504e470d0a1a0a0000000d49484452{:08x}{:08x}0802000000'", width,
                       height);
}

TEST_F(SchemaRequestFunctions, TheSizeOfAJpegIsReadFromItsFrameHeader) {
    EXPECT_EQ(value("SELECT pay_private.picture_size("
                    "'\\xffd8ffe000044a46ffc0001108009600c8030122000211010311010000')::text"),
              "(200,150)");
    EXPECT_EQ(value("SELECT pay_private.picture_size('\\xffd8ffe0')::text"), "(,)");
}

TEST_F(SchemaRequestFunctions, BrandsHaveVersions) {
    const std::string brand = "SELECT pay.set_branding('acme', 'checkout', ";
    EXPECT_EQ(value(brand + "'Acme', '#FF0080')"), "1");
    EXPECT_EQ(value(brand + "'Acme', '#ff0080')"), "1") << "the same again";
    EXPECT_EQ(value(brand + "'Acme', '#ff0080', logo => " + picture(200, 128) +
                    ", logo_media_type => 'image/png')"),
              "2");
    EXPECT_EQ(value("SELECT pay.set_branding('acme', 'onboard', 'Acme')"), "1");
    EXPECT_EQ(outcome(brand + "'Acme', 'red')"), "PY400 branding_primary_color_hex");
    EXPECT_EQ(outcome(brand + "'Acme', logo => " + picture(200, 128) + ")"),
              "PY400 branding_logo_with_type");
    EXPECT_EQ(outcome(brand + "'Acme', logo => " + picture(200, 128) +
                      ", logo_media_type => 'image/svg+xml')"),
              "PY400 branding_logo_type");
    for (const auto& bad : {std::string("'x'"), picture(200, 127), picture(127, 200)})
        EXPECT_EQ(outcome(brand + "'Acme', logo => " + bad + ", logo_media_type => 'image/png')"),
                  "PY400 branding_picture")
            << bad;
    EXPECT_EQ(outcome(brand + "'Acme', icon => " + picture(200, 128) +
                      ", icon_media_type => 'image/png')"),
              "PY400 branding_picture")
        << "an icon is square";
    EXPECT_EQ(outcome("SELECT pay.set_branding('acme', 'shop')"), "PY400 branding_kind");
    EXPECT_EQ(outcome("SELECT pay.set_branding('nobody', 'onboard')"), "PY404");
}

TEST_F(SchemaRequestFunctions, FilesHaveVersionsAndNeverChange) {
    const std::string file = "SELECT pay.add_collect_payment_file('acme', ";
    const auto first = value(file + "'invoice.pdf', 'application/pdf', 'one')");
    EXPECT_EQ(value(file + "'invoice.pdf', 'application/pdf', 'one')"), first) << "the same again";
    EXPECT_NE(value(file + "'invoice.pdf', 'application/pdf', 'two')"), first);
    EXPECT_EQ(column("SELECT version || ':' || size || ':' || left(encode(sha256, 'hex'), 6) "
                     "FROM pay.collect_payment_file ORDER BY version"),
              "1:3:7692c3 2:3:3fc4cc");
    EXPECT_EQ(outcome("UPDATE pay.collect_payment_file SET content = 'x'"), "PY409");
    const std::vector<std::pair<std::string, std::string>> calls = {
        {"'../invoice.pdf', 'application/pdf', 'x'", "PY400 collect_payment_file_name_plain"},
        {"'C:\\invoice.pdf', 'application/pdf', 'x'", "PY400 collect_payment_file_name_plain"},
        {"'..', 'application/pdf', 'x'", "PY400 collect_payment_file_name_plain"},
        {"E'a\\r\\nb.pdf', 'application/pdf', 'x'", "PY400 header_text_one_line"},
        {"'run.exe', 'application/x-msdownload', 'x'", "PY400 collect_payment_file_media_type"},
        {"'a.pdf', 'application/pdf', ''", "PY400 collect_payment_file_size"},
        {"'a.pdf', 'application/pdf', NULL", "PY400"},
        {"'a.pdf', 'application/pdf', convert_to(repeat('x', 10485761), 'UTF8')",
         "PY400 collect_payment_file_size"}};
    for (const auto& [arguments, expected] : calls)
        EXPECT_EQ(outcome(file + arguments + ")"), expected) << arguments;
}

TEST_F(SchemaRequestFunctions, SuppressionIgnoresCase) {
    EXPECT_EQ(outcome("INSERT INTO pay.suppression (email) VALUES ('Payer@Example.com')"),
              "accepted");
    EXPECT_EQ(outcome("INSERT INTO pay.suppression (email) VALUES ('payer@example.com')"),
              "23505 suppression_email_unique");
    EXPECT_EQ(outcome("INSERT INTO pay.suppression (email) VALUES ('nobody')"),
              "23514 email_one_address");
}

}  // namespace
}  // namespace paysync::test
