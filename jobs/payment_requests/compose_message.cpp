// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/compose_message.hpp"

#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/template.hpp"
#include "jobs/digest.hpp"
#include "jobs/money/localized.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace paysync::payment_requests {

namespace {

constexpr const char* kDefaultColor = "#0a2540";

std::string without_line_ends(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

/// The payment method as the payer knows it, `visa …4242`.
std::string method_name(const Payment& payment) {
    if (payment.last4.empty())
        return payment.brand.empty() ? payment.method : payment.brand;
    return (payment.brand.empty() ? payment.method : payment.brand) + " \u2026" + payment.last4;
}

/// A mail that asks for money names what is due, as its link does; one that confirms a payment
/// names what the request asked for.
void add_amounts(mail::Values& values, const Delivery& delivery) {
    const auto& request = delivery.request;
    const auto words = [&](std::int64_t amount) {
        return money::localized(amount, request.currency, request.locale);
    };
    const bool asks = !confirms_payment(delivery.kind);
    const bool in_parts = asks && request.amount_due < request.amount;
    values["AMOUNT"] = words(asks ? request.amount_due : request.amount);
    values["TOTAL"] = words(request.amount);
    values["ALREADY_PAID"] = in_parts ? words(request.amount - request.amount_due) : "";
}

void add_request_values(mail::Values& values, const Delivery& delivery, std::int64_t date) {
    const auto& request = delivery.request;
    // The payer's name is not the name of those who get a copy.
    const bool to_payer = delivery.recipient == request.to_email;
    values["COMPANY"] = request.company_name;
    add_amounts(values, delivery);
    values["DESCRIPTION"] = request.description;
    values["MESSAGE"] = request.message;
    values["RECIPIENT"] = to_payer ? request.to_name : "";
    values["URL"] = request.link_url;
    values["DUE"] = money::localized_day(request.due_on, request.locale);
    const auto today = request.today.empty() ? utc_day(date) : request.today;
    const bool overdue = !request.due_on.empty() && request.due_on < today;
    values["OVERDUE"] = overdue ? "1" : "";
    values["AHEAD"] = request.due_on.empty() || overdue ? "" : "1";
    values["COLOR"] = request.brand_color.empty() ? kDefaultColor : request.brand_color;
    values["CONTACT"] = request.company_email;
}

void add_payment_values(mail::Values& values, const Delivery& delivery) {
    const auto payment = delivery.payment.value_or(Payment());
    const auto& request = delivery.request;
    values["PAID"] = delivery.payment
                         ? money::localized(payment.amount, payment.currency, request.locale)
                         : std::string();
    values["PAID_ON"] = money::localized_day(payment.paid_on, request.locale);
    values["METHOD"] = method_name(payment);
    values["CHARGE"] = payment.charge_id;
    values["RECEIPT_URL"] = payment.receipt_url;
    values["PAYER"] = request.to_name.empty() ? request.to_email : request.to_name;
}

/// Stripe's word for a reason, `product_not_received`, for people.
std::string spaced(std::string word) {
    std::replace(word.begin(), word.end(), '_', ' ');
    return word;
}

void add_money_back_values(mail::Values& values, const Delivery& delivery) {
    const auto back = delivery.money_back.value_or(MoneyBack());
    const auto& locale = delivery.request.locale;
    const auto amount =
        delivery.money_back ? money::localized(back.amount, back.currency, locale) : std::string();
    values["REFUNDED"] = values["DISPUTED"] = amount;
    values["REFUND"] = values["DISPUTE"] = back.id;
    values["REFUNDED_ON"] = money::localized_day(back.day, locale);
    values["REASON"] = spaced(back.reason);
    values["ANSWER_BY"] = money::localized_day(back.answer_by, locale);
}

/// The operator's texts where the company has none of its own.
MessageTexts texts_of(const Delivery& delivery, const MailBranding& branding,
                      const MailTemplates& templates) {
    auto texts = templates.texts.at(delivery.kind);
    const auto own = branding.texts.value_or(CompanyTexts());
    texts.subject = own.subject.value_or(texts.subject);
    texts.text = own.text.value_or(texts.text);
    texts.html = own.html.value_or(texts.html);
    return texts;
}

/// The layout, with the HTML of the kind in it.
std::string html_document(const std::string& layout, const std::string& body) {
    constexpr std::string_view kBody = "{{BODY}}";
    const auto place = layout.find(kBody);
    if (place == std::string::npos)
        throw std::invalid_argument("the layout has no {{BODY}}");
    return std::string(layout).replace(place, kBody.size(), body);
}

/// The language of the texts: a company's own ones may be in any.
std::string language_of(const std::optional<CompanyTexts>& own, const std::string& ours,
                        const std::string& locale) {
    std::string language = !own ? ours : own->locale.empty() ? locale : own->locale;
    std::replace(language.begin(), language.end(), '_', '-');
    return language;
}

/// Whether the address can stand in a header. A bad address that a message can do without is left
/// out; it must not keep the message from its recipient.
bool can_be_written(const std::string& address, bool utf8) {
    try {
        (void)mail::wire_address(address, utf8);
        return true;
    } catch (const mail::BadAddress&) {
        return false;
    }
}

std::string replaced(std::string text, std::string_view name, const std::string& value) {
    const auto place = text.find(name);
    return place == std::string::npos ? text : text.replace(place, name.size(), value);
}

/// Headers for mail programs and mailbox providers.
void add_headers(mail::Message& message, const Delivery& delivery, const SenderProfile& profile) {
    const auto& request = delivery.request;
    const std::string kind = to_string(delivery.kind);
    message.headers.emplace_back("X-Paysync-Request", request.request_id);
    message.headers.emplace_back("X-Paysync-Kind", kind);
    message.headers.emplace_back("Auto-Submitted", "auto-generated");
    if (!profile.feedback_id.empty())
        message.headers.emplace_back("Feedback-ID", kind + ":paysync:" + profile.feedback_id);
    if (!profile.unsubscribe_url.empty() && !confirms_payment(delivery.kind)) {
        // RFC 8058: both or none.
        message.headers.emplace_back(
            "List-Unsubscribe",
            "<" + replaced(profile.unsubscribe_url, "{request_id}", request.request_id) + ">");
        message.headers.emplace_back("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
}

}  // namespace

std::string message_id(const Delivery& delivery, const std::string& domain) {
    auto id = std::string(to_string(delivery.kind)) + "." + delivery.request.request_id;
    if (delivery.money_back)
        id += "." + delivery.money_back->id;
    else if (delivery.payment)
        id += "." + delivery.payment->charge_id;
    else if (delivery.number > 1)
        id += "." + std::to_string(delivery.number);
    if (delivery.messages > 0)
        id += ".m" + std::to_string(delivery.messages + 1);
    return id + "@" + domain;
}

std::string utc_day(std::int64_t unix_seconds) {
    const std::time_t time = unix_seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char text[sizeof "YYYY-MM-DD"];
    return std::string(text, std::strftime(text, sizeof text, "%F", &utc));
}

mail::Message compose_message(const Delivery& delivery, const MailBranding& branding,
                              const SenderProfile& profile, std::int64_t date) {
    const auto& request = delivery.request;
    const auto& templates = profile.templates_for(request.locale);
    const auto texts = texts_of(delivery, branding, templates);
    mail::Values values;
    add_request_values(values, delivery, date);
    add_payment_values(values, delivery);
    add_money_back_values(values, delivery);
    const bool confirms = confirms_payment(delivery.kind);
    values["ASKS"] = confirms ? "" : "1";
    values["CONFIRMS"] = confirms ? "1" : "";
    values["FILE"] = branding.file ? branding.file->name : "";
    values["LANG"] = language_of(branding.texts, texts.language, request.locale);

    mail::Message message;
    const auto& from = profile.from_of(delivery.mail_account);
    message.from = from;
    message.from.name = request.company_name;
    if (!from.name.empty())
        message.from.name += " via " + from.name;
    message.to.address = delivery.recipient;
    if (delivery.recipient == request.to_email)
        message.to.name = request.to_name;
    if (delivery.kind == DeliveryKind::request)
        for (const auto& copy : request.cc)
            if (can_be_written(copy, true))
                message.cc.push_back(mail::Mailbox{"", copy});
    // Only an address that every mail program can write to.
    message.reply_to = profile.reply_to;
    for (const auto& address : {request.company_email, request.reply_to})
        if (!address.empty() && can_be_written(address, false))
            message.reply_to = mail::Mailbox{"", address};
    message.message_id = message_id(delivery, profile.message_id_domain);
    message.date = date;
    add_headers(message, delivery, profile);

    if (const auto& logo = branding.logo) {
        // Named after its content, so that one name never stands for two pictures.
        const auto name = sha256_hex(logo->content).substr(0, 32);
        values["LOGO"] = name;
        message.picture = mail::Picture{name + "@paysync.logo", logo->media_type, logo->content};
    } else {
        values["LOGO"] = "";
    }
    message.subject = without_line_ends(mail::render(texts.subject, values, mail::Escape::none));
    message.text = mail::render(texts.text, values, mail::Escape::none);
    values["SUBJECT"] = message.subject;
    const auto& layout = branding.layout.value_or(templates.layout);
    message.html = mail::render(html_document(layout, texts.html), values, mail::Escape::html);
    if (const auto& file = branding.file)
        message.attachments.push_back(*file);
    return message;
}

std::string compose_bytes(const Delivery& delivery, const MailBranding& branding,
                          const SenderProfile& profile, std::int64_t date) {
    return mail::to_bytes(compose_message(delivery, branding, profile, date));
}

}  // namespace paysync::payment_requests
