// SPDX-License-Identifier: MIT
#include "daemon/ctl/preview.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/mail/message.hpp"
#include "jobs/payment_requests/letter.hpp"
#include "jobs/payment_requests/request_store.hpp"
#include "jobs/payment_requests/sample.hpp"
#include "jobs/payment_requests/stationery_store.hpp"

#include <ctime>
#include <iostream>
#include <stdexcept>

namespace paysync::cli {

namespace {

using namespace payment_requests;

Kind kind_of(const std::string& name) {
    for (const auto kind : {Kind::request, Kind::reminder, Kind::receipt, Kind::notice})
        if (name == to_string(kind))
            return kind;
    throw std::invalid_argument("there is no kind of mail \"" + name + "\"");
}

void print(const mail::Message& message, const std::string& part) {
    if (part == "eml")
        std::cout << mail::to_bytes(message);
    else if (part == "html")
        std::cout << mail::html_alone(message);
    else
        std::cout << message.subject << "\n\n" << message.text;
}

}  // namespace

void preview_mail(const config::Mail& section, const std::string& conninfo,
                  const Preview& preview) {
    const auto kind = kind_of(preview.kind);
    const auto now = std::time(nullptr);
    const auto made_up = sample(kind, now);
    auto delivery = made_up;
    Stationery stationery;
    if (!preview.company.empty() || !preview.request_id.empty())
        db::Connection(conninfo).run([&](pqxx::work& tx) {
            if (preview.request_id.empty())
                store::dress_as(tx, delivery.request, preview.company);
            else
                delivery.request = store::request_of(tx, preview.request_id);
            if (!preview.locale.empty())
                delivery.request.locale = preview.locale;
            stationery = store::stationery_of(tx, kind, delivery.request);
        });
    else if (!preview.locale.empty())
        delivery.request.locale = preview.locale;
    if (delivery.request.link_url.empty())
        delivery.request.link_url = made_up.request.link_url;
    delivery.recipient =
        kind == Kind::notice ? delivery.request.company_email : delivery.request.to_email;
    if (delivery.recipient.empty())
        delivery.recipient = made_up.recipient;
    print(written(delivery, stationery, sender_from(section), now), preview.part);
}

}  // namespace paysync::cli
