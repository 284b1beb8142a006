// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "jobs/payment_requests/compose_message.hpp"
#include "jobs/payment_requests/mail_branding_store.hpp"
#include "jobs/payment_requests/request_store.hpp"
#include "jobs/payment_requests/sample_delivery.hpp"
#include "tests/postgres/schema/database.hpp"

namespace paysync::payment_requests {
namespace {

class MailTemplates : public test::SchemaTest {
protected:
    /// The result of pay.set_mail_template: "accepted", or the SQLSTATE and the message.
    std::string set(const std::string& arguments) {
        pqxx::nontransaction tx(connection_);
        try {
            tx.exec("SELECT pay.set_mail_template('acme', " + arguments + ")");
            return "accepted";
        } catch (const pqxx::sql_error& e) {
            const std::string words = e.what();
            return e.sqlstate() + " " + words.substr(8, words.find('\n') - 8);
        }
    }

    void try_all_samples(DeliveryKind kind) {
        pqxx::work tx(connection_);
        Request request;
        store::apply_company(tx, request, "acme");
        config::Mail section;
        section.from.address = "billing@example.com";
        section.message_id_domain = "example.com";
        try_samples(kind, "en", store::read_mail_branding(tx, kind, request),
                    sender_profile_from(section));
    }

    /// The message as it would be written with the stored templates.
    mail::Message compose(DeliveryKind kind, const std::string& locale = "en") {
        auto delivery = sample_delivery(kind);
        pqxx::work tx(connection_);
        store::apply_company(tx, delivery.request, "acme");
        delivery.request.locale = locale;
        config::Mail section;
        section.from.address = "billing@example.com";
        section.message_id_domain = "example.com";
        return compose_message(delivery, store::read_mail_branding(tx, kind, delivery.request),
                               sender_profile_from(section), 0);
    }
};

TEST_F(MailTemplates, RefusalsNameThePlaceOfTheMistake) {
    const std::pair<const char*, const char*> wrong[] = {
        {"'other', 'x'",
         "the kind is request, reminder, receipt, notice, refund, refund_notice, "
         "dispute_notice, debit_failed or layout"},
        {"'request', 'x', locale => 'Deutsch'", "a language is written like de or de-AT"},
        {"'layout', 'x', body_html => '{{BODY}}'", "a layout is HTML alone"},
        {"'request', ''", "subject: not blank"},
        {"'request', E'a\\nb'", "subject: one line"},
        {"'request', E'a\\u0001b'", "subject: no control characters"},
        {"'request', repeat('x', 70000)", "subject: at most 64 KiB"},
        {"'request', 'Pay {{AMOUT}}'", "subject: there is no {{AMOUT}} in mails of this kind"},
        {"'request', 'You paid {{PAID}}'", "subject: there is no {{PAID}} in mails of this kind"},
        {"'request', 'Pay {{amount}}'",
         "subject: a tag is written {{NAME}}, {{#NAME}} or {{/NAME}}, in capitals and without "
         "blanks"},
        {"'request', 'Pay {{AMOUNT'",
         "subject: a tag is written {{NAME}}, {{#NAME}} or {{/NAME}}, in capitals and without "
         "blanks"},
        {"'request', '{{>FILE}}'",
         "subject: a tag is written {{NAME}}, {{#NAME}} or {{/NAME}}, in capitals and without "
         "blanks"},
        {"'request', '{{#DUE}}soon'", "subject: {{#DUE}} is not closed"},
        {"'request', '{{#DUE}}{{#FILE}}{{/DUE}}{{/FILE}}'",
         "subject: {{/DUE}} closes nothing that is open there"},
        {"'request', body_text => 'Please pay.'",
         "body_text: a mail that asks for a payment has {{URL}} in it"},
        {"'reminder', body_html => '<p>Please pay.</p>'",
         "body_html: a mail that asks for a payment has {{URL}} in it"},
        {"'receipt', body_html => '<script>1</script>'",
         "body_html: mail programs do not take <script>, <style>, <form> and the like"},
        {"'receipt', body_html => '<p onclick=\"x\">a</p>'",
         "body_html: mail programs do not take on…= attributes"},
        {"'receipt', body_html => '<a href=\"javascript:alert(1)\">a</a>'",
         "body_html: an address starts with https:// or mailto:, or is {{URL}}, {{RECEIPT_URL}} or "
         "cid:{{LOGO}}@paysync.logo"},
        {"'receipt', body_html => '<a href=\"http://example.com/\">a</a>'",
         "body_html: an address starts with https:// or mailto:, or is {{URL}}, {{RECEIPT_URL}} or "
         "cid:{{LOGO}}@paysync.logo"},
        {"'receipt', body_html => '<p style={{COLOR}}>a</p>'",
         "body_html: within a tag, a value stands between quotes"},
        {"'receipt', body_html => '<{{PAYER}}>a</p>'",
         "body_html: within a tag, a value stands between quotes"},
        {"'receipt', body_html => '<p title=\"a>b\" {{PAYER}}>a</p>'",
         "body_html: within a tag, a value stands between quotes"},
        {"'receipt', body_html => '<p>a</p><p'",
         "body_html: a tag is not closed by >, or a quote in it is open"},
        {"'request', 'Pay {{MESSAGE}}'", "subject: there is no {{MESSAGE}} in mails of this kind"},
        {"'request', '{{#DUE}}Due {{DUE}}{{/DUE}}'",
         "subject: a subject is never blank: it has words, or a value that is always there, "
         "outside of sections"},
        {"'request', body_text => '{{#DUE}}{{URL}}{{/DUE}}'",
         "body_text: {{URL}} stands outside of sections, so that no message lacks its link"},
        {"'request', body_html => '{{#OVERDUE}}{{URL}}{{/OVERDUE}}'",
         "body_html: {{URL}} stands outside of sections, in the text or as <a href=\"{{URL}}\">, "
         "so "
         "that no message lacks its link"},
        {"'request', body_html => '<!-- {{URL}} -->'",
         "body_html: a value does not stand in a comment"},
        {"'request', body_html => '{{URL}}<img src=\"{{URL}}\" alt=\"\">'",
         "body_html: a link stands alone in href, or in the text"},
        {"'request', body_html => '{{URL}}<img/onerror=\"x\" src=\"https://a\">'",
         "body_html: mail programs do not take on…= attributes"},
        {"'request', body_html => '{{URL}}<p title=\"unclosed'",
         "body_html: a tag is not closed by >, or a quote in it is open"},
        {"'request', body_html => '{{URL}} I <3 you'",
         "body_html: a < that begins no tag is written &lt;"},
        {"'request', body_html => '{{URL}}<p onx>a</p>'",
         "body_html: mail programs do not take on…= attributes"},
        {"'request', body_html => '{{URL}}<!-- unclosed'",
         "body_html: a tag is not closed by >, or a quote in it is open"},
        {"'request', body_html => '{{#DUE}}<p title=\"{{/DUE}}x\">{{URL}}'",
         "body_html: a section begins and ends within one attribute, or outside of tags"},
        {"'request', body_html => '{{URL}}<p title=\"{{MESSAGE}}\">'",
         "body_html: {{MESSAGE}} stands in the text, not in a tag"},
        // The capital of i is another one in Turkish.
        {"'request', body_html => '{{URL}}<SCRIPT>x</SCRIPT>'",
         "body_html: mail programs do not take <script>, <style>, <form> and the like"},
        {"'request', body_html => '{{URL}}<textarea>{{MESSAGE}}'",
         "body_html: mail programs do not take <script>, <style>, <form> and the like"},
        {"'layout', body_html => '<html><head><style>p{}</head><body>{{BODY}}</body></html>'",
         "body_html: the head of a layout has no <script> and no <base>, and its <style> and "
         "<title> are closed"},
        {"'layout', body_html => '<html><body>{{#ASKS}}{{BODY}}{{/ASKS}}</body></html>'",
         "body_html: {{BODY}} stands in the body of the layout, outside of tags, comments and "
         "sections"},
        {"'layout', body_html => '<html><body title=\"{{BODY}}\"></body></html>'",
         "body_html: {{BODY}} stands in the body of the layout, outside of tags, comments and "
         "sections"},
        {"'layout', body_html => '<html><body></body></html>'",
         "body_html: a layout has {{BODY}} in it, once"},
        {"'request', 'x', body_text => '{{URL}} {{MESSAGE}} {{MESSAGE}}'",
         "body_text: a text has {{MESSAGE}} in it once at most"},
        {"'request', 'x', body_text => '{{URL}}' || repeat('{{DESCRIPTION}}', 100)",
         "body_text: a text has 100 values in it at most"},
    };
    for (const auto& [arguments, words] : wrong)
        EXPECT_EQ(set(arguments), std::string("PY400 ") + words) << arguments;
    EXPECT_EQ(outcome("SELECT pay.set_mail_template('nobody', 'request', 'x')"), "PY404");
    EXPECT_EQ(value("SELECT count(*) FROM pay.mail_template"), "0");
}

TEST_F(MailTemplates, StoredTemplatesCanBeFilledIn) {
    const char* const right[] = {
        "'request', 'Pay {{AMOUNT}}{{#DUE}} by {{DUE}}{{/DUE}}'",
        "'request', body_text => E'{{#RECIPIENT}}Dear {{RECIPIENT}},\\n{{/RECIPIENT}}{{URL}} 1 < 2 "
        "> 0'",
        "'request', body_html => '<p style=\"color:{{COLOR}}\">5 < 6</p><a "
        "href=''{{URL}}''>go</a>'",
        "'request', body_html => '<a title=\"{{COMPANY}}\" href=\"{{URL}}\">{{URL}}</a> &copy; "
        "<br/>'",
        "'request', body_html => '<!--[if mso]><br><![endif]--><a href=\"{{URL}}\">x</a>{{MESSAGE}}"
        "{{#DUE}}<b title=\"{{#FILE}}{{FILE}}{{/FILE}}\">{{/DUE}}<img alt=\"{{COMPANY}}\" "
        "src=\"https://a.test/x\"><p style=\"color:{{COLOR}}\" > &lt;3 < 3</p>'",
        "'debit_failed', body_html => '<p>{{MESSAGE}}{{URL}}</p>'",
        "'refund', '{{REFUNDED}}', body_html => '{{REFUND}} {{REFUNDED_ON}} {{REASON}}'",
        "'dispute_notice', '{{DISPUTED}}', '{{DISPUTE}} {{ANSWER_BY}}'",
        "'reminder', body_html => '{{#OVERDUE}}<b>late</b>{{/OVERDUE}}<a href=\"{{URL}}\">x</a>'",
        "'receipt', body_html => '<img src=\"https://example.com/a.png\" alt=\"\"><p>{{PAID}}</p>'",
        "'receipt', body_html => '<a href=\"{{RECEIPT_URL}}\">{{CHARGE}}</a>'",
        "'notice', body_html => '<a href=\"mailto:help@example.com\">{{METHOD}} {{PAYER}}</a>'",
        "'layout', body_html => '<!DOCTYPE html><html lang=\"{{LANG}}\"><head><meta "
        "charset=\"utf-8\">"
        "<style>p {color: red}</style><title>{{SUBJECT}}</title></head><body>{{#LOGO}}<img "
        "src=\"cid:{{LOGO}}@paysync.logo\" "
        "alt=\"\">{{/LOGO}}{{BODY}}{{#ASKS}}?{{/ASKS}}</body></html>'"};
    for (const auto* arguments : right) {
        EXPECT_EQ(set(arguments), "accepted") << arguments;
        for (const auto kind : kDeliveryKinds) {
            const auto message = compose(kind);
            EXPECT_FALSE(message.subject.empty());
            EXPECT_EQ(message.html.find("{{"), std::string::npos) << message.html;
            EXPECT_NO_THROW(try_all_samples(kind)) << arguments;
        }
    }
}

TEST_F(MailTemplates, TheNearestLanguageIsUsed) {
    set("'request', 'any'");
    set("'request', 'deutsch', locale => 'de'");
    set("'request', 'wienerisch', locale => 'de-AT'");
    EXPECT_EQ(compose(DeliveryKind::request, "de-AT").subject, "wienerisch");
    EXPECT_EQ(compose(DeliveryKind::request, "de_AT").subject, "wienerisch");
    EXPECT_EQ(compose(DeliveryKind::request, "de-CH").subject, "deutsch");
    EXPECT_EQ(compose(DeliveryKind::request, "den").subject, "any");
    EXPECT_EQ(compose(DeliveryKind::request, "fr").subject, "any");
    EXPECT_EQ(compose(DeliveryKind::reminder, "de").subject.find("Erinnerung"), 0U);
    set("'request', locale => 'de-AT'");
    EXPECT_EQ(compose(DeliveryKind::request, "de-AT").subject, "deutsch")
        << "nothing given: taken away";
}

TEST_F(MailTemplates, AMessageHasTheLogoOfItsBrandVersion) {
    const auto brand = [](const std::string& byte) {
        // The head of a PNG of 128 by 128 pixels; the rest distinguishes the versions.
        return "SELECT pay.set_branding('acme', 'checkout', 'Acme Shop', logo => '\\x"
               "89504e470d0a1a0a0000000d494844520000008000000080080200000000" +
               byte + "', logo_media_type => 'image/png')";
    };
    EXPECT_FALSE(compose(DeliveryKind::request).picture);
    run(brand("01"));
    const auto first = compose(DeliveryKind::request).picture;
    run(brand("02"));
    const auto second = compose(DeliveryKind::receipt).picture;
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->content.back(), '\1');
    EXPECT_EQ(second->content.back(), '\2');
    EXPECT_NE(first->id, second->id);
    EXPECT_EQ(compose(DeliveryKind::request).from.name, "Acme Shop");
}

}  // namespace
}  // namespace paysync::payment_requests
