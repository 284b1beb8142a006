// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/base/mail/message.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/payment_requests/compose_message.hpp"
#include "jobs/payment_requests/mail_branding_store.hpp"
#include "jobs/payment_requests/request_store.hpp"
#include "jobs/payment_requests/sample_delivery.hpp"

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

namespace requests = payment_requests;

struct PreviewOptions {
    std::string kind = "request";
    std::string company;     ///< empty: a made-up one
    std::string request_id;  ///< empty: a made-up request
    std::string locale;      ///< empty: the request's, or else the company's
    std::string part = "text";
};

void print_part(const mail::Message& message, const std::string& part) {
    if (part == "eml")
        std::cout << mail::to_bytes(message);
    else if (part == "html")
        std::cout << mail::html_for_browser(message);
    else
        std::cout << message.subject << "\n\n" << message.text;
}

// Sends nothing. Only a company or a request is looked up in the database.
int preview(Session& session, const PreviewOptions& options) {
    const auto kind = requests::delivery_kind(options.kind).value();
    const auto now = std::time(nullptr);
    const auto made_up = requests::sample_delivery(kind, now);
    auto delivery = made_up;
    requests::MailBranding branding;
    if (!options.company.empty() || !options.request_id.empty())
        db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
            if (options.request_id.empty())
                requests::store::apply_company(tx, delivery.request, options.company);
            else
                delivery.request = requests::store::read_request(tx, options.request_id);
            if (!options.locale.empty())
                delivery.request.locale = options.locale;
            branding = requests::store::read_mail_branding(tx, kind, delivery.request);
        });
    else if (!options.locale.empty())
        delivery.request.locale = options.locale;
    if (delivery.request.link_url.empty())
        delivery.request.link_url = made_up.request.link_url;
    delivery.recipient =
        requests::is_for_company(kind) ? delivery.request.company_email : delivery.request.to_email;
    if (delivery.recipient.empty())
        delivery.recipient = made_up.recipient;
    const auto profile = requests::sender_profile_from(session.config().mail);
    print_part(requests::compose_message(delivery, branding, profile, now), options.part);
    return EXIT_SUCCESS;
}

}  // namespace

void add_mail_preview(Commands& mail) {
    const auto options = std::make_shared<PreviewOptions>();
    auto command = mail.add("preview", "print a message as it would be sent now",
                            [options](Session& session) { return preview(session, *options); });
    command
        .text("-k,--kind", options->kind,
              "request, reminder, receipt, notice, refund, refund_notice, dispute_notice or "
              "debit_failed")
        .show_default()
        .one_of({"request", "reminder", "receipt", "notice", "refund", "refund_notice",
                 "dispute_notice", "debit_failed"});
    const auto company = command.text("--company", options->company, "in the name of this company");
    add_uuid(command, "--request", options->request_id, "of this payment request")
        .excludes(company);
    command.text("--locale", options->locale, "in this language, such as de-AT");
    command.text("-p,--part", options->part, "text, html, or the whole message (eml)")
        .show_default()
        .one_of({"text", "html", "eml"});
}

}  // namespace paysync::ctl
