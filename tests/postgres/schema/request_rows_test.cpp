// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

namespace paysync::test {
namespace {

struct Row {
    Columns special;
    const char* expected;
};

class SchemaRequestRows : public SchemaTest {
protected:
    void check(const std::vector<Row>& rows) {
        for (const auto& row : rows) {
            const auto statement = insert_request(row.special);
            EXPECT_EQ(outcome(statement), row.expected) << statement;
        }
    }
};

TEST_F(SchemaRequestRows, BadAddressesAreRefused) {
    std::vector<std::string> bad = {"''",
                                    "'payer'",
                                    "'@example.com'",
                                    "'payer@'",
                                    "'a@b@example.com'",
                                    "'a@example.com, b@example.com'",
                                    "'a@example.com,b@example.com'",
                                    "'<payer@example.com>'",
                                    "'Payer <payer@example.com>'",
                                    "'pay er@example.com'",
                                    "' payer@example.com'",
                                    "E'payer@example.com\\n'",
                                    "E'payer@example.com\\r\\nBcc: x@example.com'",
                                    "E'pay\\u0001er@example.com'",
                                    "E'payer@exam\\u007fple.com'",
                                    "E'payer@exam\\u0085ple.com'",
                                    "E'payer\\u200f@example.com'",
                                    "E'payer\\u00a0@example.com'",
                                    "E'pay\\u202eer@example.com'",
                                    "'\"pay er\"@example.com'",
                                    "'payer@[127.0.0.1]'",
                                    "'payer@example.com.'",
                                    "'payer@.example.com'",
                                    "'payer@example..com'",
                                    "repeat('a', 65) || '@example.com'",
                                    "'a@' || repeat('b', 253)",
                                    "E'a@' || repeat(E'\\u00fc', 127)"};
    std::vector<Row> rows;
    for (const auto& address : bad)
        rows.push_back({{{"to_email", address}}, "23514 email_one_address"});
    rows.push_back({{{"to_email", "NULL"}}, "23502"});
    rows.push_back({{{"reply_to", "'not one'"}}, "23514 email_one_address"});
    check(rows);
}

TEST_F(SchemaRequestRows, GoodAddressesAreAccepted) {
    check({{{{"to_email", "'p@example.com'"}}, "accepted"},
           {{{"to_email", "'first.last+tag@sub.example.com'"}}, "accepted"},
           {{{"to_email", "E'jos\\u00e9@example.com'"}}, "accepted"},
           {{{"to_email", "E'payer@b\\u00fccher.test'"}}, "accepted"},
           {{{"to_email",
              "repeat('a', 64) || '@' || repeat('bcdefghi.', 20)"
              " || 'bcdefghij'"}},
            "accepted"},
           {{{"to_email", "'percent%0d%0a@example.com'"}}, "accepted"},
           {{{"reply_to", "'c@acme.test'"}}, "accepted"}});
}

TEST_F(SchemaRequestRows, AmountsAreCheckedAgainstTheCurrency) {
    check({{{{"amount", "0"}}, "23514 payment_request_amount_positive"},
           {{{"amount", "-1"}}, "23514 payment_request_amount_positive"},
           {{{"amount", "NULL"}}, "23502"},
           {{{"amount", "9223372036854775807"}}, "23514 payment_request_amount_maximum"},
           {{{"amount", "100000000"}}, "23514 payment_request_amount_maximum"},
           {{{"amount", "99999999"}}, "accepted"},
           {{{"amount", "49"}}, "23514 payment_request_amount_minimum"},
           {{{"amount", "50"}}, "accepted"},
           {{{"amount", "17499"}, {"currency", "'huf'"}}, "23514 payment_request_amount_minimum"},
           {{{"amount", "29"}, {"currency", "'gbp'"}}, "23514 payment_request_amount_minimum"},
           {{{"amount", "1"}, {"currency", "'all'"}}, "accepted"},
           {{{"amount", "999999999999"}, {"currency", "'idr'"}}, "accepted"},
           {{{"amount", "1000000000000"}, {"currency", "'idr'"}},
            "23514 payment_request_amount_maximum"},
           {{{"amount", "550"}, {"currency", "'isk'"}}, "23514 payment_request_amount_multiple"},
           {{{"amount", "500"}, {"currency", "'isk'"}}, "accepted"},
           {{{"amount", "1001"}, {"currency", "'ugx'"}}, "23514 payment_request_amount_multiple"},
           {{{"amount", "1255"}, {"currency", "'kwd'"}}, "23514 payment_request_amount_multiple"},
           {{{"amount", "1250"}, {"currency", "'kwd'"}}, "accepted"},
           {{{"amount", "1251"}, {"currency", "'jpy'"}}, "accepted"},
           {{{"currency", "'EUR'"}}, "23514 currency_lower_case"},
           {{{"currency", "'eu'"}}, "23514 currency_lower_case"},
           {{{"currency", "''"}}, "23514 currency_lower_case"},
           {{{"currency", "'btc'"}}, "23514 payment_request_currency_known"},
           {{{"currency", "NULL"}}, "23502"}});
}

TEST_F(SchemaRequestRows, PaymentMethodsThatTheCurrencyDoesNotAllowAreRefused) {
    run("SELECT pay.update_settings('acme', payment_methods => '{card, sepa_debit}')");
    check({{{{"currency", "'eur'"}}, "accepted"},
           {{{"currency", "'usd'"}}, "23514 payment_request_method_takes_currency"}});
    EXPECT_EQ(value("SELECT pay.request_payment('acme', 'a@b.test', 1000, 'eur', 'x') IS NULL"),
              "f");
    run("SELECT pay.update_settings('acme', payment_methods => '{}')");
    check({{{{"currency", "'usd'"}}, "accepted"}});
    run("SELECT pay.update_settings('acme', payment_methods => '{card, something_new}')");
    check({{{{"currency", "'usd'"}}, "accepted"}});
}

TEST_F(SchemaRequestRows, MessagesThatMailServersWouldNotTakeAreRefused) {
    EXPECT_EQ(outcome("SELECT pay.add_collect_payment_file('acme', 'a.pdf', 'application/pdf', "
                      "convert_to(repeat('x', 8000000), 'utf8'))"),
              "PY400 collect_payment_file_fits_message");
    const auto file = value(
        "SELECT pay.add_collect_payment_file('acme', 'a.pdf', "
        "'application/pdf', convert_to(repeat('x', 7000000), 'utf8'))");
    check({{{{"collect_payment_file_id", "'" + file + "'"}}, "accepted"}});
    run("UPDATE pay_private.deployment SET max_message_size = 9000000");
    check({{{{"collect_payment_file_id", "'" + file + "'"}}, "23514 payment_request_fits_message"},
           {{}, "accepted"}});
    run("UPDATE pay_private.deployment SET max_message_size = 100000");
    check({{{{"message", "repeat('x', 10000)"}}, "23514 payment_request_fits_message"},
           {{{"message", "'short'"}}, "accepted"}});
}

TEST_F(SchemaRequestRows, TextsAreChecked) {
    check({{{{"to_name", "E'Eve\\r\\nBcc: x@example.com'"}}, "23514 header_text_one_line"},
           {{{"to_name", "E'Eve\\tX'"}}, "23514 header_text_one_line"},
           {{{"to_name", "E'Eve \\u202egnp.exe'"}}, "23514 header_text_one_line"},
           {{{"to_name", "E'Eve \\u2028x'"}}, "23514 header_text_one_line"},
           {{{"to_name", "'=?utf-8?q?=E2=80=AEgnp.exe?='"}}, "23514 header_text_one_line"},
           {{{"to_name", "E'\\u200b\\u2060 \\ufeff'"}}, "23514 header_text_one_line"},
           {{{"to_name", "'What is 2 =? Is it ?= or not'"}}, "accepted"},
           {{{"to_name", "repeat('x', 201)"}}, "23514 header_text_one_line"},
           {{{"to_name", "repeat('x', 200)"}}, "accepted"},
           {{{"to_name", "E'\\u05d3\\u05d5\\u05d3 \\U0001f600'"}}, "accepted"},
           {{{"description", "'  '"}}, "23514 payment_request_description_given"},
           {{{"description", "E'two\\nlines'"}}, "23514 header_text_one_line"},
           {{{"description", "NULL"}}, "23502"},
           {{{"message", "E'Hello,\\r\\n\\tthank you.\\n'"}}, "accepted"},
           {{{"message", "E'bell \\u0007'"}}, "23514 payment_request_message_text"},
           {{{"message", "repeat('x', 10001)"}}, "23514 payment_request_message_text"},
           {{{"locale", "'de-AT'"}}, "accepted"},
           {{{"locale", "'../../etc/passwd'"}}, "23514 locale_tag"},
           {{{"request_key", "''"}}, "23514 request_key_short"},
           {{{"request_key", "repeat('k', 201)"}}, "23514 request_key_short"},
           {{{"request_key", "repeat('k', 1000000)"}}, "23514 request_key_short"},
           {{{"request_key", "E'a\\nb'"}}, "23514 request_key_short"}});
}

TEST_F(SchemaRequestRows, TimesAreChecked) {
    check(
        {{{{"send_after", "'infinity'"}}, "23514 payment_request_send_after_range"},
         {{{"send_after", "'294276-01-01'"}}, "23514 payment_request_send_after_range"},
         {{{"send_after", "'-infinity'"}}, "23514 payment_request_send_after_range"},
         {{{"send_after", "now() + interval '1 day'"}}, "accepted"},
         {{{"send_after", "now() - interval '1 day'"}}, "accepted"},
         {{{"send_after", "NULL"}}, "23502"},
         {{{"expires_at", "now() - interval '1 s'"}}, "23514 payment_request_expires_after_send"},
         {{{"expires_at", "now() + interval '1 day'"}, {"send_after", "now() + interval '2 days'"}},
          "23514 payment_request_expires_after_send"},
         {{{"expires_at", "'infinity'"}}, "23514 payment_request_expires_at_range"},
         {{{"expires_at", "now() + interval '30 days'"}}, "accepted"},
         {{{"due_on", "'infinity'"}}, "23514 payment_request_due_on_range"},
         {{{"due_on", "'1999-12-31'"}}, "23514 payment_request_due_on_range"},
         {{{"due_on", "'2030-02-28'"}}, "accepted"},
         {{{"priority", "11"}}, "23514 payment_request_priority_range"},
         {{{"priority", "-10"}}, "accepted"}});
}

TEST_F(SchemaRequestRows, MetadataIsChecked) {
    const auto pairs = [](int count) {
        return "(SELECT jsonb_object_agg('k' || i, 'v') FROM generate_series(1, " +
               std::to_string(count) + ") i)";
    };
    const char* refused = "23514 payment_request_metadata_flat";
    check({{{{"metadata", pairs(20)}}, "accepted"},
           {{{"metadata", pairs(21)}}, refused},
           {{{"metadata", R"('{"order": 7, "vip": true, "note": "x"}')"}}, "accepted"},
           {{{"metadata", R"('{"a": {"b": 1}}')"}}, refused},
           {{{"metadata", R"('{"a": [1]}')"}}, refused},
           {{{"metadata", R"('{"a": null}')"}}, refused},
           {{{"metadata", R"('[1]')"}}, refused},
           {{{"metadata", R"('"text"')"}}, refused},
           {{{"metadata", R"('{"request_id": "mine"}')"}}, refused},
           {{{"metadata", "jsonb_build_object('a', repeat('v', 501))"}}, refused},
           {{{"metadata", "jsonb_build_object('a', repeat('v', 500))"}}, "accepted"},
           {{{"metadata", "jsonb_build_object(repeat('k', 41), 'v')"}}, refused},
           {{{"metadata", "jsonb_build_object('a[b]', 'v')"}}, refused},
           {{{"metadata", "(repeat('[', 10000) || repeat(']', 10000))::jsonb"}}, refused},
           {{{"metadata", "NULL"}}, "23502"}});
}

TEST_F(SchemaRequestRows, CompaniesAndFilesAreChecked) {
    run("SELECT pay.register_company('other'), pay.register_company('off', enabled => false)");
    const auto file = [this](const char* company) {
        return "'" +
               value(std::string("SELECT pay.add_collect_payment_file('") + company +
                     "', 'a.txt', 'text/plain', 'x')") +
               "'";
    };
    check({{{{"company", "'nobody'"}}, "23503 payment_request_company_known"},
           {{{"company", "NULL"}}, "23502"},
           {{{"company", "'off'"}}, "PY403"},
           {{{"collect_payment_file_id", file("acme")}}, "accepted"},
           {{{"collect_payment_file_id", file("other")}}, "23503 payment_request_file_of_company"},
           {{{"collect_payment_file_id", "gen_random_uuid()"}},
            "23503 payment_request_file_of_company"},
           {{{"seq", "1"}}, "428C9"}});
}

TEST_F(SchemaRequestRows, ARequestKeyIsUniqueWithinItsCompany) {
    run("SELECT pay.register_company('other')");
    check({{{{"request_key", "'k'"}}, "accepted"},
           {{{"request_key", "'k'"}}, "23505 payment_request_request_key_unique"},
           {{{"request_key", "'K'"}}, "accepted"},
           {{{"request_key", "'k'"}, {"company", "'other'"}}, "accepted"},
           {{{"request_key", "NULL"}}, "accepted"},
           {{{"request_key", "NULL"}}, "accepted"}});
}

TEST_F(SchemaRequestRows, OneBadRowRefusesAWholeBulkInsert) {
    EXPECT_EQ(outcome(R"(INSERT INTO pay.payment_request (company, to_email, amount, currency,
                                                          description)
                         SELECT 'acme', 'p@example.com', i, 'isk', 'x'
                           FROM generate_series(100, 1000, 50) i)"),
              "23514 payment_request_amount_multiple");
    EXPECT_EQ(value("SELECT count(*) FROM pay.payment_request"), "0");
}

}  // namespace
}  // namespace paysync::test
