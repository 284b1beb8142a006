// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

/// The kinds of Stripe's objects that are read by lists, one stream per account each; but the
/// platform has its own.
namespace paysync::reconciliation {

struct Kind {
    const char* stream;  ///< as in pay_private.stream
    const char* object;  ///< for one of them, as in "charge_vanished"
    const char* path;    ///< of the list; of one object with its id behind it
    const char* expand;  ///< what comes as a whole; nullptr for nothing
    const char* table;   ///< that mirrors it
    const char* id;      ///< the table's column
    bool of_platform = false;
};

/// Stands for the platform's own account where an account's id is meant.
inline constexpr const char* kPlatform = "";

inline constexpr Kind kKinds[] = {
    {"charges", "charge", "/v1/charges", "balance_transaction", "pay_private.charge", "charge_id"},
    {"refunds", "refund", "/v1/refunds", nullptr, "pay_private.refund", "refund_id"},
    {"disputes", "dispute", "/v1/disputes", nullptr, "pay_private.dispute", "dispute_id"},
    {"balance_transactions", "balance_transaction", "/v1/balance_transactions", nullptr,
     "pay_private.balance_transaction", "balance_transaction_id"},
    {"payouts", "payout", "/v1/payouts", nullptr, "pay_private.payout", "payout_id"},
    {"application_fees", "application_fee", "/v1/application_fees", nullptr,
     "pay_private.application_fee", "application_fee_id", true},
};

inline constexpr const char* kCharges = kKinds[0].stream;
inline constexpr const char* kRefunds = kKinds[1].stream;
inline constexpr const char* kDisputes = kKinds[2].stream;
inline constexpr const char* kLedger = kKinds[3].stream;
inline constexpr const char* kPayouts = kKinds[4].stream;
inline constexpr const char* kApplicationFees = kKinds[5].stream;

/// Throws std::out_of_range for a stream that is none of them.
const Kind& kind_of(const std::string& stream);

/// A statement for each kind, made of one pattern with {table} and {id} in it. For statics:
/// prepared statements are known by their address.
class PerKind {
public:
    explicit PerKind(const char* pattern);
    const std::string& of(const std::string& stream) const { return made_.at(stream); }

private:
    std::map<std::string, std::string> made_;
};

/// Of an account, for people.
std::string name_of(const std::string& account_id);

}  // namespace paysync::reconciliation
