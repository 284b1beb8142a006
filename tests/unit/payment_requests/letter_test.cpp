// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/letter.hpp"

#include "jobs/payment_requests/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace paysync::payment_requests {
namespace {

constexpr Kind kKinds[] = {Kind::request, Kind::reminder, Kind::receipt, Kind::notice};

Sender sender() {
    config::Mail section;
    section.from.address = "billing@example.com";
    section.from.name = "Example Pay";
    section.message_id_domain = "example.com";
    return sender_from(section);
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

TEST(Letter, SaysAmountsAndDaysInTheRecipientsLanguage) {
    auto delivery = sample(Kind::request);
    delivery.request.locale = "de";
    delivery.request.currency = "eur";
    const auto message = written(delivery, {}, sender(), 0);
    EXPECT_TRUE(holds(message.subject, "1.250,00\u00a0€")) << message.subject;
    EXPECT_TRUE(holds(message.text, "8. Januar 1970")) << message.text;
    EXPECT_TRUE(holds(message.html, "<html lang=\"en\">")) << "the words are English all the same";
}

TEST(Letter, TakesTheCompanysTextsWhereItHasSome) {
    Stationery stationery;
    stationery.texts = OwnTexts{"de-AT", "Zahlung an {{COMPANY}}", std::nullopt,
                                "<p>Bitte zahlen Sie <a href=\"{{URL}}\">hier</a>.</p>"};
    const auto ours = written(sample(Kind::request), {}, sender(), 0);
    const auto theirs = written(sample(Kind::request), stationery, sender(), 0);
    EXPECT_EQ(theirs.subject, "Zahlung an The Corner Bakery");
    EXPECT_EQ(theirs.text, ours.text) << "what they leave out is ours";
    EXPECT_TRUE(holds(theirs.html, "<html lang=\"de-AT\">"));
    EXPECT_TRUE(holds(theirs.html, "<a href=\"https://buy.stripe.com/test_sample\">hier</a>"));
    EXPECT_FALSE(holds(theirs.html, "asks you to pay"));
    EXPECT_TRUE(holds(theirs.html, "The payment is handled by Stripe")) << "our layout";

    stationery.layout = "<!DOCTYPE html><html lang=\"{{LANG}}\"><body>{{BODY}}</body></html>";
    EXPECT_FALSE(
        holds(written(sample(Kind::request), stationery, sender(), 0).html, "handled by Stripe"));
}

TEST(Letter, ShowsTheLogoThatTravelsWithIt) {
    Stationery stationery;
    stationery.logo = mail::Attachment{"", "image/png", "\x89PNG not really"};
    for (const auto kind : kKinds) {
        const auto message = written(sample(kind), stationery, sender(), 0);
        ASSERT_TRUE(message.picture);
        EXPECT_TRUE(holds(message.html, "<img src=\"cid:" + message.picture->id + "\""))
            << message.html;
        const auto bytes = mail::to_bytes(message);
        EXPECT_TRUE(holds(bytes, "multipart/related"));
        EXPECT_TRUE(holds(bytes, "Content-Id: <" + message.picture->id + ">")) << bytes;
        EXPECT_EQ(bytes, mail::to_bytes(written(sample(kind), stationery, sender(), 0)));
    }
    EXPECT_FALSE(holds(written(sample(Kind::request), {}, sender(), 0).html, "<img"));
}

TEST(Letter, KeepsTheLinesOfAMessage) {
    auto delivery = sample(Kind::request);
    delivery.request.message = "One & <two>\nthree";
    const auto message = written(delivery, {}, sender(), 0);
    EXPECT_TRUE(holds(message.text, "One & <two>\nthree"));
    EXPECT_TRUE(holds(message.html, "One &amp; &lt;two&gt;\nthree")) << message.html;
}

TEST(Letter, AttachesTheFileThatIsAskedToBeRead) {
    Stationery stationery;
    stationery.file = mail::Attachment{"Offer.pdf", "application/pdf", "%PDF"};
    const auto message = written(sample(Kind::request), stationery, sender(), 0);
    ASSERT_EQ(message.attachments.size(), 1U);
    EXPECT_TRUE(holds(message.text, "The file \"Offer.pdf\" is attached"));
}

TEST(Letter, TellsMailboxProvidersWhatItIs) {
    auto from = sender();
    EXPECT_EQ(header(written(sample(Kind::request), {}, from, 0), "List-Unsubscribe"), "none");
    EXPECT_EQ(header(written(sample(Kind::request), {}, from, 0), "Feedback-ID"), "none");
    from.feedback_id = "examplepay";
    from.unsubscribe_url = "https://pay.example.com/u/{request_id}?a=1";
    for (const auto kind : kKinds) {
        const auto delivery = sample(kind);
        const auto message = written(delivery, {}, from, 0);
        EXPECT_EQ(header(message, "Feedback-ID"),
                  std::string(to_string(kind)) + ":paysync:examplepay");
        EXPECT_EQ(header(message, "Auto-Submitted"), "auto-generated");
        EXPECT_EQ(header(message, "List-Unsubscribe"),
                  confirms(kind)
                      ? "none"
                      : "<https://pay.example.com/u/" + delivery.request.request_id + "?a=1>");
        EXPECT_EQ(header(message, "List-Unsubscribe-Post"),
                  confirms(kind) ? "none" : "List-Unsubscribe=One-Click");
    }
}

TEST(Letter, LetsNoValueBecomeHtml) {
    const std::string attack =
        "</p><script>alert(1)</script><a href=\"javascript:alert(1)\" x='y'>";
    for (const auto kind : kKinds) {
        auto delivery = sample(kind);
        auto& request = delivery.request;
        for (auto* value : {&request.to_name, &request.description, &request.message,
                            &request.company_name, &request.brand_color, &request.locale})
            *value = attack;
        if (delivery.payment)
            delivery.payment->brand = delivery.payment->charge_id = attack;
        const auto html = written(delivery, {}, sender(), 0).html;
        EXPECT_FALSE(holds(html, "<script")) << html;
        EXPECT_FALSE(holds(html, "href=\"javascript")) << html;
        EXPECT_EQ(std::count(html.begin(), html.end(), '<'),
                  std::count(html.begin(), html.end(), '>'));
    }
    auto delivery = sample(Kind::request);
    delivery.request.link_url = "javascript:alert(1)";
    EXPECT_FALSE(holds(written(delivery, {}, sender(), 0).html, "href=\"javascript"));
}

}  // namespace
}  // namespace paysync::payment_requests
