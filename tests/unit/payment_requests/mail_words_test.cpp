// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/mail_words.hpp"

#include "config/config.hpp"
#include "jobs/payment_requests/compose_message.hpp"
#include "jobs/payment_requests/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace paysync::payment_requests {
namespace {

config::Mail section_of_words() {
    config::Mail section;
    section.from.address = "billing@example.com";
    section.message_id_domain = "example.com";
    return section;
}

TEST(MailWords, TheNearestLanguageIsChosen) {
    EXPECT_EQ(mail_language("de-AT"), "de");
    EXPECT_EQ(mail_language("fr_CA"), "fr");
    EXPECT_EQ(mail_language("es"), "es");
    EXPECT_EQ(mail_language("den"), "en");
    EXPECT_EQ(mail_language("it"), "en");
    EXPECT_EQ(mail_language(""), "en");
}

TEST(MailWords, PhrasesStandInTheirPlaces) {
    const auto words = parse_words("a: 1 < 2 & {{X}}\nb: c: d\n");
    EXPECT_EQ(with_words("[[a]]-[[b]]", words, mail::Escape::none), "1 < 2 & {{X}}-c: d");
    EXPECT_EQ(with_words("<p>[[a]]", words, mail::Escape::html), "<p>1 &lt; 2 &amp; {{X}}");
    EXPECT_THROW(with_words("[[c]]", words, mail::Escape::none), std::invalid_argument);
    EXPECT_THROW(parse_words("no phrase"), std::invalid_argument);
}

TEST(MailWords, EveryMessageCanBeMadeOfTheBuiltInTexts) {
    const auto profile = sender_profile_from(section_of_words());
    for (const auto language : kMailLanguages)
        for (const auto kind : kDeliveryKinds)
            EXPECT_NO_THROW(try_samples(kind, std::string(language), {}, profile))
                << language << " " << to_string(kind);
}

TEST(MailWords, EachKindSpeaksEachLanguage) {
    const auto profile = sender_profile_from(section_of_words());
    const std::pair<const char*, std::vector<const char*>> expected[] = {
        {"de",
         {"Zahlungsaufforderung", "Erinnerung", "Zahlungsbestätigung", "Zahlung eingegangen",
          "Rückerstattung", "Rückerstattung", "Zahlung angefochten", "Zahlung fehlgeschlagen"}},
        {"fr",
         {"Demande de paiement", "Rappel", "Reçu", "Paiement reçu", "Remboursement",
          "Remboursement", "Paiement contesté", "Échec du paiement"}},
        {"es",
         {"Solicitud de pago", "Recordatorio", "Recibo", "Pago recibido", "Reembolso", "Reembolso",
          "Pago impugnado", "Pago fallido"}},
        {"it",
         {"Payment request", "Reminder", "Receipt", "Payment received", "Refund", "Refund",
          "Payment disputed", "Payment failed"}}};
    for (const auto& [locale, subjects] : expected)
        for (const auto kind : kDeliveryKinds) {
            auto delivery = sample_delivery(kind);
            delivery.request.locale = locale;
            const auto message = compose_message(delivery, {}, profile, 0);
            EXPECT_EQ(message.subject.find(subjects[static_cast<std::size_t>(kind)]), 0U)
                << message.subject;
            EXPECT_EQ(message.text.find("[["), std::string::npos) << message.text;
            EXPECT_EQ(message.text.find("{{"), std::string::npos) << message.text;
            EXPECT_NE(message.html.find("<html lang=\"" + std::string(mail_language(locale))),
                      std::string::npos);
        }
}

TEST(MailWords, AnOperatorsFileMayBeForOneLanguageOrForAll) {
    const auto folder = std::filesystem::path(::testing::TempDir()) / "templates";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "request.subject") << "Please pay {{AMOUNT}}";
    std::ofstream(folder / "request.de.subject") << "Bitte: {{AMOUNT}}";
    auto section = section_of_words();
    section.templates = folder;
    const auto profile = sender_profile_from(section);
    auto delivery = sample_delivery(DeliveryKind::request);
    delivery.request.locale = "de";
    EXPECT_EQ(compose_message(delivery, {}, profile, 0).subject.find("Bitte: "), 0U);
    delivery.request.locale = "fr";
    EXPECT_EQ(compose_message(delivery, {}, profile, 0).subject.find("Please pay "), 0U);

    // A template that some message could not be made of stops the start.
    for (const std::string bad : {"{{#DUE}}x{{/DUE}}", "{{NO}}", "[[no]]", "{{MESSAGE}}"}) {
        std::ofstream(folder / "request.fr.subject") << bad;
        EXPECT_THROW(sender_profile_from(section), std::runtime_error) << bad;
    }
    std::filesystem::remove_all(folder);
}

TEST(MailWords, AMailThatCouldLackItsLinkIsRefused) {
    const auto profile = sender_profile_from(section_of_words());
    MailBranding branding;
    branding.texts = CompanyTexts{"", std::nullopt, "{{#OVERDUE}}{{URL}}{{/OVERDUE}}", {}};
    EXPECT_THROW(try_samples(DeliveryKind::request, "en", branding, profile),
                 std::invalid_argument);
    branding.texts = CompanyTexts{"", std::nullopt, "{{URL}}", {}};
    EXPECT_NO_THROW(try_samples(DeliveryKind::request, "en", branding, profile));
}

}  // namespace
}  // namespace paysync::payment_requests
