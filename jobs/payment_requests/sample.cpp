// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/sample.hpp"

#include "jobs/payment_requests/letter.hpp"

namespace paysync::payment_requests {

Delivery sample(Kind kind, std::int64_t today) {
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
    request.due_on = day_of(today + kWeek);
    request.locale = "en";
    request.company_name = "The Corner Bakery";
    request.company_email = "office@bakery.example.com";
    request.link_url = "https://buy.stripe.com/test_sample";
    delivery.recipient = kind == Kind::notice ? request.company_email : request.to_email;
    if (confirms(kind)) {
        Payment payment;
        payment.charge_id = "ch_sample";
        payment.amount = request.amount;
        payment.currency = request.currency;
        payment.paid_on = day_of(today);
        payment.method = "card";
        payment.brand = "visa";
        payment.last4 = "4242";
        payment.receipt_url = "https://pay.stripe.com/receipts/sample";
        delivery.payment = payment;
    }
    return delivery;
}

}  // namespace paysync::payment_requests
