// SPDX-License-Identifier: MIT
#include "jobs/stripe/account.hpp"
#include "jobs/stripe/charge.hpp"
#include "jobs/stripe/json.hpp"
#include "jobs/stripe/page.hpp"
#include "jobs/stripe/payment_link.hpp"

#include <gtest/gtest.h>

namespace paysync::stripe {
namespace {

const std::string kCharge = R"({
  "id": "ch_1", "object": "charge", "amount": 1250, "amount_captured": 1250, "amount_refunded": 50,
  "application_fee": "fee_1", "application_fee_amount": 25, "balance_transaction": "txn_1",
  "billing_details": {"address": {"country": "DE"}, "email": "payer@example.com",
                      "name": "Zoë Payer", "phone": null},
  "captured": true, "created": 1700000000, "currency": "eur", "customer": null,
  "description": "Invoice 7", "disputed": false, "failure_balance_transaction": null,
  "failure_code": null, "failure_message": null, "livemode": false,
  "metadata": {"request_id": "pr_1", "other": ""}, "on_behalf_of": null,
  "outcome": {"type": "authorized", "reason": null, "seller_message": "Payment complete."},
  "paid": true, "payment_intent": "pi_1",
  "payment_method_details": {"card": {"brand": "visa", "country": "US", "funding": "credit",
      "last4": "4242", "wallet": {"type": "apple_pay"}}, "type": "card"},
  "receipt_email": null, "receipt_url": "https://pay.example.com/r", "refunded": false,
  "source_transfer": null, "statement_descriptor": null, "status": "succeeded",
  "transfer_group": null, "new_field": {"of": ["tomorrow"]}})";

const std::string kBalanceTransaction = R"({
  "id": "txn_1", "object": "balance_transaction", "amount": 1250, "available_on": 1700100000,
  "created": 1700000000, "currency": "eur", "description": null, "exchange_rate": 1.08500,
  "fee": 65, "fee_details": [
    {"amount": 40, "application": null, "currency": "eur", "description": "Stripe processing fees",
     "type": "stripe_fee"},
    {"amount": 25, "application": "ca_1", "currency": "eur", "description": null,
     "type": "application_fee"}],
  "net": 1185, "reporting_category": "charge", "source": "ch_1", "status": "pending",
  "type": "charge"})";

const std::string kAccount = R"({
  "id": "acct_1", "object": "account", "business_profile": {"name": "Zoë's", "url": null},
  "capabilities": {"card_payments": "active", "transfers": "pending"}, "charges_enabled": true,
  "controller": {"stripe_dashboard": {"type": "full"}}, "country": "DE", "created": 1700000000,
  "default_currency": "eur", "details_submitted": true, "email": null,
  "future_requirements": {"current_deadline": 1800000000, "currently_due": null},
  "metadata": {"company": "c1"}, "payouts_enabled": false,
  "requirements": {"alternatives": [], "current_deadline": null, "currently_due": ["a", "b"],
    "disabled_reason": "requirements.past_due", "errors": [{"code": "invalid_address_city_state_postal_code",
    "reason": "Why", "requirement": "company.address.line1"}], "eventually_due": [],
    "past_due": ["c"], "pending_verification": null},
  "settings": {"branding": {"icon": "file_1", "logo": null, "primary_color": "#112233"}},
  "type": "standard"})";

std::string with(std::string json, const std::string& what, const std::string& instead) {
    const auto at = json.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return json.replace(at, what.size(), instead);
}

/// The charge, paid by another method than a card.
std::string paid_by(const std::string& charge, const std::string& type,
                    const std::string& details) {
    const auto begin = charge.find(R"({"card": {)");
    const auto end = charge.find(R"("type": "card"})", begin);
    EXPECT_NE(end, std::string::npos);
    return charge.substr(0, begin) + "{\"" + type + "\": " + details + R"(, "type": ")" + type +
           "\"" + charge.substr(end + std::string(R"("type": "card")").size());
}

std::string list(const std::string& items, const std::string& has_more = "false") {
    return R"({"object":"list","url":"/v1/x","has_more":)" + has_more + R"(,"data":[)" + items +
           "]}";
}

Charge parse_charge(std::string_view body) {
    const Document document(body);
    return read_charge(document.root());
}

BalanceTransaction parse_balance_transaction(std::string_view body) {
    const Document document(body);
    return read_balance_transaction(document.root());
}

Page<Charge> parse_charges(std::string_view body) {
    return parse_page(body, &read_charge);
}

template <typename T>
std::string wrong_field(T (*parse)(std::string_view), const std::string& body) {
    try {
        parse(body);
        return "-";
    } catch (const FieldError& error) {
        return error.path();
    }
}

TEST(StripeObjects, ReadsACharge) {
    const Charge charge = parse_charge(kCharge);
    EXPECT_EQ(charge.id, "ch_1");
    EXPECT_EQ(charge.amount, 1250);
    EXPECT_EQ(charge.amount_captured, 1250);
    EXPECT_EQ(charge.amount_refunded, 50);
    EXPECT_EQ(charge.currency, "eur");
    EXPECT_EQ(charge.status, "succeeded");
    EXPECT_EQ(charge.created, 1700000000);
    EXPECT_TRUE(charge.paid);
    EXPECT_TRUE(charge.captured);
    EXPECT_FALSE(charge.refunded);
    EXPECT_FALSE(charge.disputed);
    EXPECT_FALSE(charge.livemode);
    ASSERT_TRUE(charge.method);
    EXPECT_EQ(charge.method->type, "card");
    EXPECT_EQ(charge.method->brand, "visa");
    EXPECT_EQ(charge.method->last4, "4242");
    EXPECT_EQ(charge.method->country, "US");
    EXPECT_EQ(charge.method->wallet, "apple_pay");
    EXPECT_EQ(charge.payer_name, "Zoë Payer");
    EXPECT_EQ(charge.payer_email, "payer@example.com");
    EXPECT_EQ(charge.receipt_email, std::nullopt);
    EXPECT_EQ(charge.receipt_url, "https://pay.example.com/r");
    EXPECT_EQ(charge.description, "Invoice 7");
    EXPECT_EQ(charge.outcome_type, "authorized");
    EXPECT_EQ(charge.payment_intent, "pi_1");
    EXPECT_EQ(charge.balance_transaction_id, "txn_1");
    EXPECT_FALSE(charge.balance_transaction);
    EXPECT_EQ(charge.application_fee, "fee_1");
    EXPECT_EQ(charge.application_fee_amount, 25);
    EXPECT_EQ(charge.request_id(), "pr_1");
    EXPECT_EQ(charge.metadata.at("other"), "");
}

TEST(StripeObjects, ReadsAChargeWithItsExpandedObjects) {
    const Charge charge = parse_charge(with(kCharge, "\"txn_1\"", kBalanceTransaction));
    EXPECT_EQ(charge.balance_transaction_id, "txn_1");
    ASSERT_TRUE(charge.balance_transaction);
    EXPECT_EQ(charge.balance_transaction->net, 1185);
    const std::string bad = with(kBalanceTransaction, "1185", "11.85");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"txn_1\"", bad)),
              "balance_transaction.net");
}

TEST(StripeObjects, ReadsAFailedBankDebit) {
    std::string json = with(kCharge, "\"txn_1\"", "null");
    json = with(json, "\"status\": \"succeeded\"", "\"status\": \"a_status_of_tomorrow\"");
    json = with(json, "\"failure_code\": null", "\"failure_code\": \"insufficient_funds\"");
    json = paid_by(json, "sepa_debit",
                   R"({"bank_code": "37040044", "country": "DE", "last4": "3000"})");
    const Charge charge = parse_charge(json);
    EXPECT_EQ(charge.status, "a_status_of_tomorrow");
    EXPECT_EQ(charge.failure_code, "insufficient_funds");
    EXPECT_EQ(charge.balance_transaction_id, std::nullopt);
    EXPECT_EQ(charge.method->type, "sepa_debit");
    EXPECT_EQ(charge.method->last4, "3000");
    EXPECT_EQ(charge.method->country, "DE");
    EXPECT_EQ(charge.method->brand, std::nullopt);
}

TEST(StripeObjects, ReadsTheDigitsOfBankAccountsAndOfCardsAtATerminal) {
    struct Case {
        const char* type;
        const char* details;
        std::optional<std::string> brand, country;
    };
    const Case cases[] = {
        {"us_bank_account", R"({"bank_name": "STRIPE TEST BANK", "last4": "6789"})",
         "STRIPE TEST BANK", std::nullopt},
        {"acss_debit", R"({"bank_name": null, "last4": "6789"})", std::nullopt, std::nullopt},
        {"bacs_debit", R"({"last4": "6789", "sort_code": "108800"})", std::nullopt, std::nullopt},
        {"au_becs_debit", R"({"bsb_number": "000-000", "last4": "6789"})", std::nullopt,
         std::nullopt},
        {"card_present", R"({"brand": "visa", "country": "FR", "last4": "6789", "receipt": null})",
         "visa", "FR"},
        {"interac_present", R"({"brand": "interac", "country": "CA", "last4": "6789"})", "interac",
         "CA"}};
    for (const auto& [type, details, brand, country] : cases) {
        const auto charge = parse_charge(paid_by(kCharge, type, details));
        EXPECT_EQ(charge.method->type, type);
        EXPECT_EQ(charge.method->last4, "6789") << type;
        EXPECT_EQ(charge.method->brand, brand) << type;
        EXPECT_EQ(charge.method->country, country) << type;
    }
    const auto redirect = parse_charge(paid_by(kCharge, "ideal", R"({"last4": 5})"));
    EXPECT_EQ(redirect.method->last4, std::nullopt) << "what is not known is not looked at";
    EXPECT_EQ(wrong_field(parse_charge, paid_by(kCharge, "bacs_debit", R"({"last4": 6789})")),
              "payment_method_details.bacs_debit.last4");
}

TEST(StripeObjects, RefusesBadCharges) {
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"amount\": 1250", "\"amount\": null")),
              "amount");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"amount\": 1250", "\"amount\": 12.5")),
              "amount");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"created\": 1700000000,", "")), "created");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"paid\": true", "\"paid\": \"true\"")),
              "paid");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "Invoice 7", "Invoice\\u0000")),
              "description");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"pr_1\"", "5")), "metadata.request_id");
    EXPECT_EQ(wrong_field(parse_charge, with(kCharge, "\"4242\"", "4242")),
              "payment_method_details.card.last4");
    EXPECT_EQ(wrong_field(parse_charge, kBalanceTransaction), "object");
    EXPECT_EQ(wrong_field(parse_charge, R"({"error":{"message":"x"}})"), "id");
    EXPECT_EQ(wrong_field(parse_charge, "<html></html>"), "");
}

TEST(StripeObjects, ReadsABalanceTransaction) {
    const BalanceTransaction transaction = parse_balance_transaction(kBalanceTransaction);
    EXPECT_EQ(transaction.id, "txn_1");
    EXPECT_EQ(transaction.amount, 1250);
    EXPECT_EQ(transaction.fee, 65);
    EXPECT_EQ(transaction.net, 1185);
    EXPECT_EQ(transaction.currency, "eur");
    EXPECT_EQ(transaction.exchange_rate, "1.08500");
    ASSERT_EQ(transaction.fee_details.size(), 2U);
    EXPECT_EQ(transaction.fee_details[0].description, "Stripe processing fees");
    EXPECT_EQ(transaction.fee_details[1].type, "application_fee");
    EXPECT_EQ(transaction.fee_details[1].amount, 25);
    EXPECT_EQ(transaction.fee_details[1].application, "ca_1");
    EXPECT_EQ(transaction.type, "charge");
    EXPECT_EQ(transaction.reporting_category, "charge");
    EXPECT_EQ(transaction.source, "ch_1");
    EXPECT_EQ(transaction.status, "pending");
    EXPECT_EQ(transaction.available_on, 1700100000);
    EXPECT_EQ(transaction.created, 1700000000);
    EXPECT_EQ(wrong_field(parse_balance_transaction, with(kBalanceTransaction, "40", "4e1")),
              "fee_details[0].amount");
    EXPECT_EQ(
        wrong_field(parse_balance_transaction, with(kBalanceTransaction, "1.08500", "\"1.08500\"")),
        "exchange_rate");
}

TEST(StripeObjects, ReadsAnAccount) {
    const Account account = parse_account(kAccount);
    EXPECT_EQ(account.id, "acct_1");
    EXPECT_EQ(account.email, std::nullopt);
    EXPECT_EQ(account.country, "DE");
    EXPECT_EQ(account.default_currency, "eur");
    EXPECT_EQ(account.created, 1700000000);
    EXPECT_TRUE(account.charges_enabled);
    EXPECT_FALSE(account.payouts_enabled);
    EXPECT_TRUE(account.details_submitted);
    EXPECT_EQ(account.requirements.currently_due, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(account.requirements.past_due, (std::vector<std::string>{"c"}));
    EXPECT_TRUE(account.requirements.pending_verification.empty());
    EXPECT_EQ(account.requirements.disabled_reason, "requirements.past_due");
    EXPECT_EQ(account.requirements.current_deadline, std::nullopt);
    ASSERT_EQ(account.requirements.errors.size(), 1U);
    EXPECT_EQ(account.requirements.errors[0].requirement, "company.address.line1");
    EXPECT_EQ(account.future_requirements.current_deadline, 1800000000);
    EXPECT_EQ(account.metadata.at("company"), "c1");
    EXPECT_EQ(account.branding.icon, "file_1");
    EXPECT_EQ(account.branding.primary_color, "#112233");
    EXPECT_EQ(account.branding.logo, std::nullopt);
}

TEST(StripeObjects, ReadsAMinimalAccount) {
    const Account account = parse_account(
        R"({"id":"acct_2","object":"account","charges_enabled":false,"details_submitted":false,
            "email":"a@example.com","payouts_enabled":false,"type":"none"})");
    EXPECT_EQ(account.email, "a@example.com");
    EXPECT_EQ(account.requirements, Requirements());
    EXPECT_EQ(account.created, std::nullopt);
    EXPECT_EQ(wrong_field(parse_account, R"({"id":"acct_1","object":"account","deleted":true})"),
              "charges_enabled");
    EXPECT_EQ(wrong_field(parse_account, with(kAccount, "\"reason\": \"Why\",", "")),
              "requirements.errors[0].reason");
    EXPECT_EQ(wrong_field(parse_account, with(kAccount, "\"a\", \"b\"", "\"a\", 5")),
              "requirements.currently_due[1]");
}

TEST(StripeObjects, ReadsLinks) {
    const AccountLink link = parse_account_link(
        R"({"object":"account_link","created":1,"expires_at":301,"url":"https://s.example.com/x"})");
    EXPECT_EQ(link.url, "https://s.example.com/x");
    EXPECT_EQ(link.expires_at, 301);

    const std::string json =
        R"({"id":"plink_1","object":"payment_link","active":true,"currency":"eur",
            "livemode":false,"metadata":{"request_id":"pr_9"},
            "restrictions":{"completed_sessions":{"count":1,"limit":2}},
            "url":"https://buy.example.com/1"})";
    const PaymentLink payment = parse_payment_link(json);
    EXPECT_EQ(payment.id, "plink_1");
    EXPECT_EQ(payment.url, "https://buy.example.com/1");
    EXPECT_TRUE(payment.active);
    EXPECT_EQ(payment.completed_sessions, 1);
    EXPECT_EQ(payment.session_limit, 2);
    EXPECT_EQ(payment.request_id(), "pr_9");
    const PaymentLink free =
        parse_payment_link(with(json, R"({"completed_sessions":{"count":1,"limit":2}})", "null"));
    EXPECT_EQ(free.completed_sessions, 0);
    EXPECT_EQ(free.session_limit, std::nullopt);
    EXPECT_EQ(wrong_field(parse_payment_link, with(json, "\"active\":true,", "")), "active");
}

TEST(StripeObjects, KeepsTheGoodItemsOfAPage) {
    const std::string bad = with(with(kCharge, "ch_1", "ch_2"), "\"paid\": true", "\"paid\": 1");
    const std::string last = with(kCharge, "ch_1", "ch_3");
    const Page<Charge> page =
        parse_charges(list(kCharge + ",5, " + bad + " ," + last + ",{}", "true"));
    EXPECT_TRUE(page.has_more);
    ASSERT_EQ(page.items.size(), 2U);
    EXPECT_EQ(page.items[0].id, "ch_1");
    EXPECT_EQ(page.items[1].id, "ch_3");
    EXPECT_EQ(page.items[1].method->last4, "4242");
    ASSERT_EQ(page.rejected.size(), 3U);
    EXPECT_EQ(page.rejected[0].object_id, "");
    EXPECT_EQ(page.rejected[0].raw, "5");
    EXPECT_EQ(page.rejected[1].object_id, "ch_2");
    EXPECT_EQ(page.rejected[1].raw, bad);
    EXPECT_EQ(page.rejected[1].error, "data[2].paid: expected a boolean, found a number");
    EXPECT_EQ(page.rejected[2].raw, "{}");
    EXPECT_EQ(page.last_id, "ch_3");
}

TEST(StripeObjects, TheCursorIsTheLastItemEvenWhenRejected) {
    const std::string bad = with(with(kCharge, "ch_1", "ch_2"), "1250", "99999999999999999999");
    const Page<Charge> page = parse_charges(list(kCharge + "," + bad));
    EXPECT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.rejected.size(), 1U);
    EXPECT_EQ(page.last_id, "ch_2");
}

TEST(StripeObjects, RefusesResponsesThatAreNotPages) {
    EXPECT_TRUE(parse_charges(list("")).items.empty());
    EXPECT_TRUE(parse_charges(list("")).rejected.empty());
    EXPECT_FALSE(parse_charges(list("")).has_more);
    EXPECT_EQ(wrong_field(parse_charges, kCharge), "object");
    EXPECT_EQ(wrong_field(parse_charges, list(kCharge, "null")), "has_more");
    EXPECT_EQ(wrong_field(parse_charges, R"({"object":"list","data":[]})"), "has_more");
    EXPECT_EQ(wrong_field(parse_charges, R"({"object":"list","has_more":false})"), "data");
    EXPECT_EQ(wrong_field(parse_charges, R"({"object":"list","has_more":false,"data":{}})"),
              "data");
    EXPECT_EQ(wrong_field(parse_charges, R"({"object":"list","has_more":false,"data":null})"),
              "data");
    EXPECT_EQ(wrong_field(parse_charges, R"({"error":{"type":"api_error"}})"), "object");
    const std::string whole = list(kCharge);
    for (std::size_t size = 0; size < whole.size(); size += 7)
        EXPECT_THROW(parse_charges(whole.substr(0, size)), FieldError) << size;
}

}  // namespace
}  // namespace paysync::stripe
