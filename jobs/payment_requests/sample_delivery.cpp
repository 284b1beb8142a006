// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/sample_delivery.hpp"

#include "jobs/payment_requests/compose_message.hpp"

#include <functional>
#include <optional>
#include <stdexcept>

namespace paysync::payment_requests {

Delivery sample_delivery(DeliveryKind kind, std::int64_t today) {
    constexpr std::int64_t kWeek = 7 * 86400;
    Delivery delivery;
    delivery.kind = kind;
    auto& request = delivery.request;
    request.request_id = "00000000-0000-4000-8000-000000000001";
    request.to_email = "payer@example.com";
    request.to_name = "Jordan Sample";
    request.amount = 125000;
    request.amount_due = 125000;
    request.currency = "usd";
    request.description = "Invoice 2041: kitchen renovation";
    request.message = "Thank you for choosing us.\nThe work starts as soon as the deposit is paid.";
    request.due_on = utc_day(today + kWeek);
    request.locale = "en";
    request.company_name = "The Corner Bakery";
    request.company_email = "office@bakery.example.com";
    request.link_url = "https://buy.stripe.com/test_sample";
    delivery.recipient = is_for_company(kind) ? request.company_email : request.to_email;
    if (confirms_payment(kind)) {
        Payment payment;
        payment.charge_id = "ch_sample";
        payment.amount = request.amount;
        payment.currency = request.currency;
        payment.paid_on = utc_day(today);
        payment.method = "card";
        payment.brand = "visa";
        payment.last4 = "4242";
        payment.receipt_url = "https://pay.stripe.com/receipts/sample";
        delivery.payment = payment;
    }
    if (kind == DeliveryKind::refund || kind == DeliveryKind::refund_notice)
        delivery.money_back = MoneyBack{.id = "re_sample",
                                        .amount = 25000,
                                        .currency = request.currency,
                                        .day = utc_day(today),
                                        .reason = "requested_by_customer",
                                        .answer_by = {}};
    if (kind == DeliveryKind::dispute_notice)
        delivery.money_back = MoneyBack{.id = "dp_sample",
                                        .amount = request.amount,
                                        .currency = request.currency,
                                        .day = utc_day(today),
                                        .reason = "product_not_received",
                                        .answer_by = utc_day(today + kWeek)};
    return delivery;
}

std::vector<Delivery> sample_deliveries(DeliveryKind kind) {
    constexpr std::int64_t kDay = 86400;
    const auto full = sample_delivery(kind, 30 * kDay);
    std::vector<Delivery> samples;
    const auto add = [&](const std::function<void(Delivery&)>& change) {
        change(samples.emplace_back(full));
    };
    const auto is_lacking = [&](const std::function<std::string&(Delivery&)>& value) {
        add([&](Delivery& delivery) { value(delivery).clear(); });
    };
    add([](Delivery&) {});
    add([](Delivery& d) { d.request.message = "One line."; });
    add([&](Delivery& d) { d.request.due_on = utc_day(kDay); });
    add([](Delivery& d) { d.recipient = "copy@example.com"; });
    add([](Delivery& d) { d.request.currency = "jpy"; });
    is_lacking([](Delivery& d) -> std::string& { return d.request.message; });
    is_lacking([](Delivery& d) -> std::string& { return d.request.due_on; });
    is_lacking([](Delivery& d) -> std::string& { return d.request.to_name; });
    is_lacking([](Delivery& d) -> std::string& { return d.request.company_email; });
    if (full.payment) {
        is_lacking([](Delivery& d) -> std::string& { return d.payment->last4; });
        is_lacking([](Delivery& d) -> std::string& { return d.payment->receipt_url; });
        add([](Delivery& d) {
            d.payment->method.clear();
            d.payment->brand.clear();
            d.payment->last4.clear();
        });
    }
    if (full.money_back) {
        is_lacking([](Delivery& d) -> std::string& { return d.money_back->reason; });
        is_lacking([](Delivery& d) -> std::string& { return d.money_back->answer_by; });
    }
    return samples;
}

void try_samples(DeliveryKind kind, const std::string& locale, MailBranding branding,
                 const SenderProfile& profile) {
    constexpr std::int64_t kToday = 30 * 86400;
    const auto blank = [](const std::string& text) {
        return text.find_first_not_of(" \n\r\t") == std::string::npos;
    };
    const mail::Attachment file{"Offer.pdf", "application/pdf", "%PDF"};
    for (auto delivery : sample_deliveries(kind)) {
        delivery.request.locale = locale;
        for (const bool with_file : {false, true}) {
            branding.file =
                with_file && !confirms_payment(kind) ? std::optional(file) : std::nullopt;
            const auto message = compose_message(delivery, branding, profile, kToday);
            if (blank(message.subject) || blank(message.text) || blank(message.html))
                throw std::invalid_argument("a subject or a text would be blank");
            const auto& link = delivery.request.link_url;
            if (!confirms_payment(kind) && (message.text.find(link) == std::string::npos ||
                                            message.html.find(link) == std::string::npos))
                throw std::invalid_argument("a message would lack its link, {{URL}}");
            mail::to_bytes(message);
        }
    }
}

}  // namespace paysync::payment_requests
