// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link.hpp"

#include <gtest/gtest.h>

namespace paysync::payment_requests {
namespace {

TEST(LinkForm, AsksForTheAmountThatIsDue) {
    Request request;
    request.request_id = "4c8c6f0e-0000-4000-8000-000000000001";
    request.amount = 5000;
    request.amount_due = 4900;
    request.currency = "eur";
    request.description = "unit_amount=1";
    EXPECT_EQ(amount_in(link_form(request)), 4900);
    EXPECT_EQ(amount_in("active=false"), 0);
}

}  // namespace
}  // namespace paysync::payment_requests
