// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/charge_templates.hpp"

#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/expand.hpp"
#include "tests/stripe_sim/world.hpp"

#include <stdexcept>

namespace stripe_sim {
namespace {

constexpr int64_t kChargeSampleTime = 1'234'567'891;
constexpr int64_t kSampleAmount = 98'765'432;
constexpr int64_t kSamplePart = 43'219'876;
constexpr int64_t kThreeDays = 3 * 24 * 3600;
constexpr const char* kChargeSampleNumber = "samplenumber";

void number_text(Json& value) {
    if (value.is_string()) {
        auto text = value.get<std::string>();
        size_t at = text.find("{number}");
        value = at == std::string::npos ? text : text.replace(at, 8, kChargeSampleNumber);
    }
    for (auto& part : value) {
        if (value.is_object()) {
            number_text(part);
        }
    }
}

/// The prefix of an id with its version: `ch_3`, `txn_1`.
std::string id_body(const std::string& id) {
    return id.substr(std::min(id.size(), id.find('_') + 2));
}

}  // namespace

/// The world in which the samples are made.
class ChargeTemplates::Stage {
public:
    Stage(const Options& options, const Seller& seller) : world_(sample_options(options)) {
        world_.set_public_url(seller.public_url);
        account_ = world_.platform().id;
        if (!seller.platform) {
            account_ = text_of(world_.create_account({{"country", seller.country}}), "id");
            world_.complete_onboarding(account_);
        }
        params_ = {{"amount", kSampleAmount},
                   {"currency", seller.currency},
                   {"email", std::string("buyer.") + kChargeSampleNumber + "@example.com"},
                   {"description", seller.description},
                   {"metadata", seller.metadata}};
        number_text(params_);
    }

    /// Makes a charge and records the meaning of its ids and numbers.
    void charge(const std::string& outcome) {
        params_["outcome"] = outcome;
        charge_ = world_.add_charges(account_, params_)[0].get<std::string>();
        Json charge = record(&Account::charges, charge_).json();
        intent_ = text_of(charge, "payment_intent");
        row_ = text_of(charge, "balance_transaction");
        sample_.texts = {{kChargeSampleNumber, Slot::kNumber}, {account_, Slot::kAccountId}};
        name(charge_, Slot::kChargeId);
        name(intent_, Slot::kIntentId);
        name(row_, Slot::kRowId);
        name(text_of(charge, "payment_method"), Slot::kMethodId);
        Json intent = record(&Account::payment_intents, intent_).json();
        std::string secret = text_of(intent, "client_secret");
        size_t mark = secret.find("_secret_");
        if (mark != std::string::npos) {
            sample_.texts[secret.substr(mark + 8)] = Slot::kIntentSecret;
        }
        sample_.numbers = {{kSampleAmount, Slot::kAmount},
                           {-kSampleAmount, Slot::kMinusAmount},
                           {kSamplePart, Slot::kRefunded},
                           {-kSamplePart, Slot::kMinusRefunded}};
        if (!row_.empty()) {
            learn_fee();
        }
    }

    void refund(int64_t amount) {
        world_.advance(kThreeDays);
        Json refund = world_.refund(account_, {{"charge", charge_}, {"amount", amount}});
        follow(text_of(refund, "id"), Slot::kRefundId, text_of(refund, "balance_transaction"),
               Slot::kRefundRowId);
    }

    void dispute() {
        world_.advance(kThreeDays);
        Json dispute = world_.open_dispute(charge_);
        const Json& row = dispute["balance_transactions"][0];
        dispute_fee = int_of(row, "fee");
        sample_.numbers[int_of(row, "net")] = Slot::kDisputeNet;
        follow(text_of(dispute, "id"), Slot::kDisputeId, text_of(row, "id"), Slot::kDisputeRowId);
    }

    std::unique_ptr<RecordTemplate> charge_template() { return keep(&Account::charges, charge_); }
    std::unique_ptr<RecordTemplate> intent_template() {
        return keep(&Account::payment_intents, intent_);
    }
    std::unique_ptr<RecordTemplate> row_template() { return keep(&Account::transactions, row_); }
    std::unique_ptr<RecordTemplate> next_template(Collection Account::*kind) {
        return keep(kind, next_);
    }
    std::unique_ptr<RecordTemplate> next_row_template() {
        return keep(&Account::transactions, next_row_);
    }

    /// The charge's text with its ledger row, taken before the row became available.
    GeneratedTemplate charge_with_row(const std::string& row_text) {
        Record& charge = record(&Account::charges, charge_);
        Text joined = expand(
            charge.text, "balance_transaction",
            [&](const std::string&, std::string_view, const std::string&) {
                return std::make_shared<const std::string>(row_text);
            },
            "balance_transaction");
        return GeneratedTemplate(*joined, sample_of(charge));
    }
    std::string row_text() { return *record(&Account::transactions, row_).text; }

    int64_t dispute_fee = 0;

private:
    static Options sample_options(Options options) {
        options.start_time = kChargeSampleTime;
        options.stopped_clock = true;
        options.public_url.clear();
        return options;
    }

    Record& record(Collection Account::*kind, const std::string& id) {
        return *(world_.account(account_).*kind).find(id);
    }

    void name(const std::string& id, Slot slot) {
        if (!id.empty()) {
            sample_.texts[id_body(id)] = slot;
        }
    }

    void learn_fee() {
        Json row = record(&Account::transactions, row_).json();
        int64_t fee = int_of(row, "fee");
        if (fee != processing_fee(kSampleAmount)) {
            throw std::logic_error("generated charges know no fee but the processing fee");
        }
        sample_.numbers[fee] = Slot::kFee;
        sample_.numbers[kSampleAmount - fee] = Slot::kNet;
        available_after_ = int_of(row, "available_on") - int_of(row, "created");
    }

    void follow(const std::string& id, Slot slot, const std::string& row, Slot row_slot) {
        next_ = id;
        next_row_ = row;
        name(id, slot);
        name(row, row_slot);
    }

    Sample sample_of(const Record& record) const {
        Sample sample = sample_;
        sample.created = record.created;
        if (record.id == row_ || record.id == charge_) {
            sample.available_after = available_after_;
        }
        return sample;
    }

    std::unique_ptr<RecordTemplate> keep(Collection Account::*kind, const std::string& id) {
        Record& kept = record(kind, id);
        return std::make_unique<RecordTemplate>(kept, sample_of(kept));
    }

    World world_;
    std::string account_;
    Json params_;
    Sample sample_;
    int64_t available_after_ = 0;
    std::string charge_, intent_, row_, next_, next_row_;
};

ChargeTemplates::ChargeTemplates(const Options& options, const Seller& seller)
    : currency_(seller.currency) {
    for (size_t i = 0; i < kFates; ++i) {
        auto fate = static_cast<Fate>(i);
        Stage stage(options, seller);
        stage.charge(fate == Fate::kFailed ? "declined" : "ok");
        std::string row;
        if (fate != Fate::kFailed) {
            place(ChargeObject::kRow, fate) = stage.row_template();
            row = stage.row_text();
        }
        if (fate == Fate::kRefunded || fate == Fate::kPartlyRefunded) {
            stage.refund(fate == Fate::kRefunded ? kSampleAmount : kSamplePart);
            place(ChargeObject::kRefund, fate) = stage.next_template(&Account::refunds);
            place(ChargeObject::kRefundRow, fate) = stage.next_row_template();
        } else if (fate == Fate::kDisputed) {
            stage.dispute();
            place(ChargeObject::kDispute, fate) = stage.next_template(&Account::disputes);
            place(ChargeObject::kDisputeRow, fate) = stage.next_row_template();
            dispute_fee_ = stage.dispute_fee;
        }
        place(ChargeObject::kCharge, fate) = stage.charge_template();
        place(ChargeObject::kIntent, fate) = stage.intent_template();
        with_row_[i] =
            row.empty() ? of(ChargeObject::kCharge, fate).text : stage.charge_with_row(row);
    }
}

std::unique_ptr<RecordTemplate>& ChargeTemplates::place(ChargeObject object, Fate fate) {
    return made_[static_cast<size_t>(object)][static_cast<size_t>(fate)];
}

const RecordTemplate& ChargeTemplates::of(ChargeObject object, Fate fate) const {
    return *made_[static_cast<size_t>(object)][static_cast<size_t>(fate)];
}

bool ChargeTemplates::has(ChargeObject object, Fate fate) const {
    return made_[static_cast<size_t>(object)][static_cast<size_t>(fate)] != nullptr;
}

const GeneratedTemplate& ChargeTemplates::charge_with_row(Fate fate) const {
    return with_row_[static_cast<size_t>(fate)];
}

}  // namespace stripe_sim
