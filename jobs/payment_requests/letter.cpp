// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/letter.hpp"

#include "daemon/mail/template.hpp"
#include "jobs/money/currency.hpp"

#include <ctime>

namespace paysync::payment_requests {

namespace {

constexpr const char* kDefaultColor = "#0a2540";

std::string one_line(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

std::string day_of(std::int64_t unix_seconds) {
    const std::time_t time = unix_seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char text[sizeof "YYYY-MM-DD"];
    return std::string(text, std::strftime(text, sizeof text, "%F", &utc));
}

/// A card as its owner knows it.
std::string method_of(const Payment& payment) {
    if (payment.last4.empty())
        return payment.brand.empty() ? payment.method : payment.brand;
    return (payment.brand.empty() ? payment.method : payment.brand) + " \u2026" + payment.last4;
}

void add_request(mail::Values& values, const Delivery& delivery,
                 const std::optional<store::File>& file, std::int64_t date) {
    const auto& request = delivery.request;
    // A copy's reader is not the one who is asked to pay.
    const bool to_payer = delivery.recipient == request.to_email;
    values["COMPANY"] = request.company_name;
    values["AMOUNT"] = money::display(request.amount, request.currency);
    values["DESCRIPTION"] = request.description;
    values["MESSAGE"] = request.message;
    values["RECIPIENT"] = to_payer ? request.to_name : "";
    values["URL"] = request.link_url;
    values["DUE"] = request.due_on;
    const bool overdue = !request.due_on.empty() && request.due_on < day_of(date);
    values["OVERDUE"] = overdue ? "1" : "";
    values["AHEAD"] = request.due_on.empty() || overdue ? "" : "1";
    values["COLOR"] = request.brand_color.empty() ? kDefaultColor : request.brand_color;
    values["FILE"] = file ? file->name : "";
    values["CONTACT"] = request.company_email;
    values["LOCALE"] = request.locale;
}

void add_payment(mail::Values& values, const Delivery& delivery) {
    const auto payment = delivery.payment.value_or(Payment());
    const auto& request = delivery.request;
    values["PAID"] =
        delivery.payment ? money::display(payment.amount, payment.currency) : std::string();
    values["PAID_ON"] = payment.paid_on;
    values["METHOD"] = method_of(payment);
    values["CHARGE"] = payment.charge_id;
    values["RECEIPT_URL"] = payment.receipt_url;
    values["PAYER"] = request.to_name.empty() ? request.to_email : request.to_name;
}

const Texts& texts_of(Kind kind, const Templates& templates) {
    switch (kind) {
        case Kind::request:
            return templates.request;
        case Kind::reminder:
            return templates.reminder;
        case Kind::receipt:
            return templates.receipt;
        case Kind::notice:
            return templates.notice;
    }
    throw std::logic_error("a mail of no kind");
}

}  // namespace

std::string message_id(const Delivery& delivery, const std::string& domain) {
    auto id = std::string(to_string(delivery.kind)) + "." + delivery.request.request_id;
    if (delivery.payment)
        id += "." + delivery.payment->charge_id;
    else if (delivery.number > 1)
        id += "." + std::to_string(delivery.number);
    return id + "@" + domain;
}

std::string compose(const Delivery& delivery, const std::optional<store::File>& file,
                    const Sender& sender, std::int64_t date) {
    const auto& request = delivery.request;
    const auto& texts = texts_of(delivery.kind, sender.templates);
    mail::Values values;
    add_request(values, delivery, file, date);
    add_payment(values, delivery);
    values["ASKS"] = delivery.payment ? "" : "1";
    values["CONFIRMS"] = delivery.payment ? "1" : "";

    mail::Message message;
    const auto& from = sender.from_of(delivery.mail_account);
    message.from = from;
    message.from.name = request.company_name;
    if (!from.name.empty())
        message.from.name += " via " + from.name;
    message.to.address = delivery.recipient;
    if (delivery.recipient == request.to_email)
        message.to.name = request.to_name;
    if (delivery.kind == Kind::request)
        for (const auto& copy : request.cc)
            message.cc.push_back(mail::Mailbox{"", copy});
    if (!request.reply_to.empty() || !request.company_email.empty())
        message.reply_to =
            mail::Mailbox{"", request.reply_to.empty() ? request.company_email : request.reply_to};
    else
        message.reply_to = sender.reply_to;
    message.subject = one_line(mail::render(texts.subject, values, mail::Escape::none));
    message.message_id = message_id(delivery, sender.message_id_domain);
    message.date = date;
    message.text = mail::render(texts.text, values, mail::Escape::none);
    values["SUBJECT"] = message.subject;
    message.html = mail::render(texts.html, values, mail::Escape::html);
    if (file)
        message.attachments.push_back(
            mail::Attachment{file->name, file->media_type, file->content});
    message.headers.emplace_back("X-Paysync-Request", request.request_id);
    message.headers.emplace_back("X-Paysync-Kind", to_string(delivery.kind));
    message.headers.emplace_back("Auto-Submitted", "auto-generated");
    return mail::to_bytes(message);
}

}  // namespace paysync::payment_requests
