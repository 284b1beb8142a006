// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/compose_message.hpp"

#include "config/config.hpp"
#include "jobs/payment_requests/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace paysync::payment_requests {
namespace {

SenderProfile profile() {
    config::Mail section;
    section.from.address = "billing@example.com";
    section.from.name = "Example Pay";
    section.message_id_domain = "example.com";
    return sender_profile_from(section);
}

std::string header(const mail::Message& message, const std::string& name) {
    for (const auto& [key, value] : message.headers)
        if (key == name)
            return value;
    return "none";
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(ComposeMessage, AsksForWhatIsDueAfterAPartPayment) {
    for (const auto kind :
         {DeliveryKind::request, DeliveryKind::reminder, DeliveryKind::debit_failed}) {
        auto delivery = sample_delivery(kind);
        delivery.request.currency = "usd";
        delivery.request.amount_due = 100000;
        const auto message = compose_message(delivery, {}, profile(), 0);
        EXPECT_TRUE(holds(message.subject, "$1,000.00")) << message.subject;
        for (const auto& text : {message.text, message.html})
            EXPECT_TRUE(holds(text, "$250.00 of $1,250.00 has been paid.")) << text;
        delivery.request.amount_due = delivery.request.amount;
        EXPECT_FALSE(holds(compose_message(delivery, {}, profile(), 0).text, "has been paid"));
    }
    auto receipt = sample_delivery(DeliveryKind::receipt);
    receipt.request.amount_due = 0;
    EXPECT_FALSE(holds(compose_message(receipt, {}, profile(), 0).text, "has been paid"));
}

TEST(ComposeMessage, SaysAmountsAndDaysInTheRecipientsLanguage) {
    auto delivery = sample_delivery(DeliveryKind::request);
    delivery.request.locale = "de";
    delivery.request.currency = "eur";
    const auto message = compose_message(delivery, {}, profile(), 0);
    EXPECT_TRUE(holds(message.subject, "1.250,00\u00a0€")) << message.subject;
    EXPECT_TRUE(holds(message.text, "8. Januar 1970")) << message.text;
    EXPECT_TRUE(holds(message.html, "<html lang=\"de\">"));
}

TEST(ComposeMessage, TakesTheCompanysTextsWhereItHasSome) {
    MailBranding branding;
    branding.texts = CompanyTexts{"de-AT", "Zahlung an {{COMPANY}}", std::nullopt,
                                  "<p>Bitte zahlen Sie <a href=\"{{URL}}\">hier</a>.</p>"};
    const auto ours = compose_message(sample_delivery(DeliveryKind::request), {}, profile(), 0);
    const auto theirs =
        compose_message(sample_delivery(DeliveryKind::request), branding, profile(), 0);
    EXPECT_EQ(theirs.subject, "Zahlung an The Corner Bakery");
    EXPECT_EQ(theirs.text, ours.text) << "what they leave out is ours";
    EXPECT_TRUE(holds(theirs.html, "<html lang=\"de-AT\">"));
    EXPECT_TRUE(holds(theirs.html, "<a href=\"https://buy.stripe.com/test_sample\">hier</a>"));
    EXPECT_FALSE(holds(theirs.html, "asks you to pay"));
    EXPECT_TRUE(holds(theirs.html, "The payment is handled by Stripe")) << "our layout";

    branding.layout = "<!DOCTYPE html><html lang=\"{{LANG}}\"><body>{{BODY}}</body></html>";
    EXPECT_FALSE(
        holds(compose_message(sample_delivery(DeliveryKind::request), branding, profile(), 0).html,
              "handled by Stripe"));
}

TEST(ComposeMessage, ShowsTheLogoThatTravelsWithIt) {
    MailBranding branding;
    branding.logo = mail::Attachment{"", "image/png", "\x89PNG not really"};
    for (const auto kind : kDeliveryKinds) {
        const auto message = compose_message(sample_delivery(kind), branding, profile(), 0);
        ASSERT_TRUE(message.picture);
        EXPECT_TRUE(holds(message.html, "<img src=\"cid:" + message.picture->id + "\""))
            << message.html;
        const auto bytes = mail::to_bytes(message);
        EXPECT_TRUE(holds(bytes, "multipart/related"));
        EXPECT_TRUE(holds(bytes, "Content-Id: <" + message.picture->id + ">")) << bytes;
        EXPECT_EQ(bytes,
                  mail::to_bytes(compose_message(sample_delivery(kind), branding, profile(), 0)));
    }
    EXPECT_FALSE(holds(
        compose_message(sample_delivery(DeliveryKind::request), {}, profile(), 0).html, "<img"));
}

TEST(ComposeMessage, KeepsTheLinesOfAMessage) {
    auto delivery = sample_delivery(DeliveryKind::request);
    delivery.request.message = "One & <two>\nthree";
    const auto message = compose_message(delivery, {}, profile(), 0);
    EXPECT_TRUE(holds(message.text, "One & <two>\nthree"));
    EXPECT_TRUE(holds(message.html, "One &amp; &lt;two&gt;\nthree")) << message.html;
}

TEST(ComposeMessage, AttachesTheFileThatIsAskedToBeRead) {
    MailBranding branding;
    branding.file = mail::Attachment{"Offer.pdf", "application/pdf", "%PDF"};
    const auto message =
        compose_message(sample_delivery(DeliveryKind::request), branding, profile(), 0);
    ASSERT_EQ(message.attachments.size(), 1U);
    EXPECT_TRUE(holds(message.text, "The file \"Offer.pdf\" is attached"));
}

TEST(ComposeMessage, LeavesOutOptionalAddressesThatCannotBeWritten) {
    auto delivery = sample_delivery(DeliveryKind::request);
    auto& request = delivery.request;
    request.to_email = delivery.recipient = "jos\u00e9@b\u00fccher.test";
    request.cc = {"good@example.com", "a@" + std::string(64, 'x') + ".test", "ren\u00e9@x.test"};
    request.reply_to = "no@such@address";
    request.company_email = "shop@example.com";
    const auto message = compose_message(delivery, {}, profile(), 0);
    ASSERT_EQ(message.cc.size(), 2U);
    EXPECT_EQ(message.reply_to->address, "shop@example.com") << "the next best";
    const auto bytes = mail::to_bytes(message);
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](char c) {
        return static_cast<unsigned char>(c) < 128;
    })) << bytes;
    EXPECT_TRUE(holds(bytes, "\r\nTo: =?")) << bytes;
    EXPECT_TRUE(holds(bytes, "good@example.com")) << bytes;
    request.reply_to = "ren\u00e9@x.test";
    request.company_email.clear();
    EXPECT_FALSE(compose_message(delivery, {}, profile(), 0).reply_to)
        << "not every program can write to it";
}

TEST(ComposeMessage, OtherBytesHaveAnotherMessageId) {
    auto delivery = sample_delivery(DeliveryKind::request);
    const auto first = message_id(delivery, "x.test");
    delivery.messages = 1;
    EXPECT_EQ(message_id(delivery, "x.test"), first.substr(0, first.find('@')) + ".m2@x.test");
}

TEST(ComposeMessage, TellsMailboxProvidersWhatItIs) {
    auto from = profile();
    EXPECT_EQ(header(compose_message(sample_delivery(DeliveryKind::request), {}, from, 0),
                     "List-Unsubscribe"),
              "none");
    EXPECT_EQ(
        header(compose_message(sample_delivery(DeliveryKind::request), {}, from, 0), "Feedback-ID"),
        "none");
    from.feedback_id = "examplepay";
    from.unsubscribe_url = "https://pay.example.com/u/{request_id}?a=1";
    for (const auto kind : kDeliveryKinds) {
        const auto delivery = sample_delivery(kind);
        const auto message = compose_message(delivery, {}, from, 0);
        EXPECT_EQ(header(message, "Feedback-ID"),
                  std::string(to_string(kind)) + ":paysync:examplepay");
        EXPECT_EQ(header(message, "Auto-Submitted"), "auto-generated");
        EXPECT_EQ(header(message, "List-Unsubscribe"),
                  confirms_payment(kind)
                      ? "none"
                      : "<https://pay.example.com/u/" + delivery.request.request_id + "?a=1>");
        EXPECT_EQ(header(message, "List-Unsubscribe-Post"),
                  confirms_payment(kind) ? "none" : "List-Unsubscribe=One-Click");
    }
}

TEST(ComposeMessage, LetsNoValueBecomeHtml) {
    const std::string attack =
        "</p><script>alert(1)</script><a href=\"javascript:alert(1)\" x='y'>";
    for (const auto kind : kDeliveryKinds) {
        auto delivery = sample_delivery(kind);
        auto& request = delivery.request;
        for (auto* value : {&request.to_name, &request.description, &request.message,
                            &request.company_name, &request.brand_color, &request.locale})
            *value = attack;
        if (delivery.payment)
            delivery.payment->brand = delivery.payment->charge_id = attack;
        if (delivery.money_back)
            delivery.money_back->id = delivery.money_back->reason = attack;
        const auto html = compose_message(delivery, {}, profile(), 0).html;
        EXPECT_FALSE(holds(html, "<script")) << html;
        EXPECT_FALSE(holds(html, "href=\"javascript")) << html;
        EXPECT_EQ(std::count(html.begin(), html.end(), '<'),
                  std::count(html.begin(), html.end(), '>'));
    }
    auto delivery = sample_delivery(DeliveryKind::request);
    delivery.request.link_url = "javascript:alert(1)";
    EXPECT_FALSE(holds(compose_message(delivery, {}, profile(), 0).html, "href=\"javascript"));
}

}  // namespace
}  // namespace paysync::payment_requests
