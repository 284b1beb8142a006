// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/payment_methods.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

constexpr int64_t kCheckoutSeconds = 24 * 3600;

Json customer_details(const PayInput& input) {
    return {{"address",
             {{"city", nullptr},
              {"country", "US"},
              {"line1", nullptr},
              {"line2", nullptr},
              {"postal_code", nullptr},
              {"state", nullptr}}},
            {"business_name", nullptr},
            {"email", text_or_null(input.email)},
            {"individual_name", nullptr},
            {"name", text_or_null(input.name)},
            {"phone", nullptr},
            {"tax_exempt", "none"},
            {"tax_ids", Json::array()}};
}

}  // namespace

Json World::open_session(const std::string& link, const std::string& client_reference_id) {
    auto guard = lock();
    run_due();
    Json object = link_json(link);
    Account& seller = *link_owner(link);
    Json session = blank_session();
    int64_t total = 0;
    for (const Text& item : seller.line_items[link]) {
        total += int_of(Json::parse(*item), "amount_total");
    }
    std::string id = ids_.next(options_.livemode ? "cs_live_a1" : "cs_test_a1", 56);
    session["id"] = id;
    session["amount_subtotal"] = session["amount_total"] = total;
    session["client_reference_id"] = text_or_null(client_reference_id);
    session["created"] = now();
    session["currency"] = object["currency"];
    session["expires_at"] = now() + kCheckoutSeconds;
    session["metadata"] = object["metadata"];
    session["payment_link"] = link;
    session["submit_type"] = object["submit_type"];
    session["success_url"] = "https://stripe.com";
    session["url"] = object["url"];
    Record& record = add(seller.sessions, session,
                         {{"payment_link", link}, {"payment_intent", ""}, {"status", "open"}});
    schedule(now() + kCheckoutSeconds, [this, &seller, id] {
        Record& expiring = *seller.sessions.find(id);
        if (expiring.field("status") == "open") {
            expiring.set_field("status", "expired");
            change(expiring, [](Json& changed) { changed["status"] = "expired"; });
            emit(seller, "checkout.session.expired", *expiring.text);
        }
    });
    return record.json();
}

Json World::pay(const std::string& link, const PayInput& input) {
    auto guard = lock();
    run_due();
    Json object = link_json(link);
    Account& seller = *link_owner(link);
    bool enabled =
        seller.connected && !seller.deleted && bool_of(account_json(seller.id), "charges_enabled");
    if (!input.force && (!link_open(object) || !enabled)) {
        throw invalid_request("This payment link is inactive.", "payment_link",
                              "payment_link_inactive");
    }
    std::string session_id = input.session.empty()
                                 ? text_of(open_session(link, input.client_reference_id), "id")
                                 : input.session;
    Record* session = seller.sessions.find(session_id);
    if (session == nullptr || session->field("payment_link") != link) {
        throw resource_missing("checkout.session", session_id, "session");
    }
    if (session->field("status") != "open") {
        throw invalid_request("This checkout session is no longer open.", "session",
                              "checkout_session_not_open");
    }
    if (!link_takes(object, input.method)) {
        throw invalid_request("This payment link does not take this payment method.", "method");
    }
    Json base = session->json();
    base["payment_link_object"] = object;
    std::string intent_id(session->field("payment_intent"));
    if (intent_id.empty()) {
        intent_id = text_of(make_intent(seller, base), "id");
        session->set_field("payment_intent", intent_id);
    }
    Json result = attempt(seller, *seller.payment_intents.find(intent_id), input, now());
    bool declined = text_of(result, "status") == "failed";
    bool paid = text_of(result, "status") == "succeeded" && bool_of(result, "captured");
    if (!declined) {
        session->set_field("status", "complete");
        change(*seller.payment_links.find(link), [](Json& changed) {
            Json& restrictions = changed["restrictions"];
            if (!restrictions.is_null()) {
                Json& sessions = restrictions["completed_sessions"];
                sessions["count"] = int_of(sessions, "count") + 1;
            }
        });
    }
    change(*session, [&](Json& changed) {
        changed["payment_intent"] = intent_id;
        changed["customer_details"] = customer_details(input);
        if (!declined) {
            changed["status"] = "complete";
            changed["payment_status"] = paid ? "paid" : "unpaid";
            changed["url"] = nullptr;
        }
    });
    if (!declined) {
        emit(seller, "checkout.session.completed", *session->text);
    }
    return {{"session", session_id},
            {"payment_intent", intent_id},
            {"charge", result["id"]},
            {"status", result["status"]},
            {"account", seller.id}};
}

Json World::settle(const std::string& charge, const std::string& outcome, const std::string& row) {
    auto guard = lock();
    run_due();
    Account& seller = owner(&Account::charges, charge, "charge");
    Record& record = *seller.charges.find(charge);
    Json object = record.json();
    std::string status = text_of(object, "status");
    bool paid = outcome == "ok";
    bool taken_back = status == "succeeded" && !paid && charge.starts_with("py_");
    if (status != "pending" && !taken_back) {
        throw invalid_request("Charge " + charge + " is not pending.", "charge");
    }
    std::string intent_id = text_of(object, "payment_intent");
    Record& intent = *seller.payment_intents.find(intent_id);
    if (paid) {
        succeed(seller, record, intent, int_of(object, "amount"));
    } else {
        fail(seller, record, intent, outcome == "failed" ? "insufficient_funds" : outcome, row);
    }
    seller.sessions.each([&](Record& session) {
        if (session.field("payment_intent") != intent_id) {
            return;
        }
        change(session,
               [&](Json& changed) { changed["payment_status"] = paid ? "paid" : "unpaid"; });
        emit(seller,
             paid ? "checkout.session.async_payment_succeeded"
                  : "checkout.session.async_payment_failed",
             *session.text);
    });
    return record.json();
}

}  // namespace stripe_sim
