// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/letter.hpp"

#include "daemon/mail/template.hpp"
#include "jobs/money/currency.hpp"

namespace paysync::payment_requests {

namespace {

constexpr const char* kDefaultColor = "#0a2540";

std::string one_line(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

}  // namespace

std::string message_id(const std::string& request_id, const std::string& domain) {
    return "request." + request_id + "@" + domain;
}

std::string compose(const store::Request& request, const std::string& link_url,
                    const std::optional<store::File>& file, const Sender& sender,
                    std::int64_t date) {
    mail::Values values;
    values["COMPANY"] = request.company_name;
    values["AMOUNT"] = money::display(request.amount, request.currency);
    values["DESCRIPTION"] = request.description;
    values["MESSAGE"] = request.message;
    values["RECIPIENT"] = request.to_name;
    values["URL"] = link_url;
    values["DUE"] = request.due_on;
    values["COLOR"] = request.brand_color.empty() ? kDefaultColor : request.brand_color;
    values["FILE"] = file ? file->name : "";
    values["CONTACT"] = request.company_email;
    values["LOCALE"] = request.locale;

    mail::Message message;
    message.from = sender.from;
    message.from.name = request.company_name;
    if (!sender.from.name.empty())
        message.from.name += " via " + sender.from.name;
    message.to.name = request.to_name;
    message.to.address = request.to_email;
    if (!request.reply_to.empty() || !request.company_email.empty())
        message.reply_to =
            mail::Mailbox{"", request.reply_to.empty() ? request.company_email : request.reply_to};
    else
        message.reply_to = sender.reply_to;
    message.subject = one_line(mail::render(sender.templates.subject, values, mail::Escape::none));
    message.message_id = message_id(request.request_id, sender.message_id_domain);
    message.date = date;
    message.text = mail::render(sender.templates.text, values, mail::Escape::none);
    message.html = mail::render(sender.templates.html, values, mail::Escape::html);
    if (file)
        message.attachments.push_back(
            mail::Attachment{file->name, file->media_type, file->content});
    message.headers.emplace_back("X-Paysync-Request", request.request_id);
    message.headers.emplace_back("Auto-Submitted", "auto-generated");
    return mail::to_bytes(message);
}

}  // namespace paysync::payment_requests
