// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/sample_delivery.hpp"

#include "jobs/payment_requests/compose_message.hpp"

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
    request.currency = "usd";
    request.description = "Invoice 2041: kitchen renovation";
    request.message = "Thank you for choosing us.\nThe work starts as soon as the deposit is paid.";
    request.due_on = utc_day(today + kWeek);
    request.locale = "en";
    request.company_name = "The Corner Bakery";
    request.company_email = "office@bakery.example.com";
    request.link_url = "https://buy.stripe.com/test_sample";
    delivery.recipient = kind == DeliveryKind::notice ? request.company_email : request.to_email;
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
    return delivery;
}

}  // namespace paysync::payment_requests
