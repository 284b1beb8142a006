// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/currency.hpp"

#include <cctype>
#include <map>
#include <set>

namespace stripe_sim {

int currency_exponent(const std::string& currency) {
    static const std::set<std::string> kNone = {"bif", "clp", "djf", "gnf", "jpy",
                                                "kmf", "krw", "mga", "pyg", "rwf",
                                                "vnd", "vuv", "xaf", "xof", "xpf"};
    static const std::set<std::string> kThree = {"bhd", "jod", "kwd", "omr", "tnd"};
    if (currency.size() != 3) {
        return -1;
    }
    for (char c : currency) {
        if (std::islower(static_cast<unsigned char>(c)) == 0) {
            return -1;
        }
    }
    return kNone.contains(currency) ? 0 : kThree.contains(currency) ? 3 : 2;
}

int64_t minimum_charge(const std::string& currency) {
    // The table of https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts; its other
    // currencies have 0.50, which is the default.
    static const std::map<std::string, int64_t> kMinimum = {
        {"aed", 200},
        {"bgn", 100},
        {"czk", 1500},
        {"dkk", 250},
        {"gbp", 30},
        {"hkd", 400},
        {"huf", 17500},
        {"jpy", 50},
        {"mxn", 1000},
        {"myr", 200},
        {"nok", 300},
        {"pln", 200},
        {"ron", 200},
        {"sek", 300},
        {"thb", 1000},
        // Not in the table: Stripe converts the amount and compares it with 50 cents. The stand-in
        // has a fixed rate for each.
        {"clp", 500},
        {"cop", 200000},
        {"idr", 800000},
        {"isk", 7000},
        {"krw", 700},
        {"vnd", 13000}};
    auto found = kMinimum.find(currency);
    return found == kMinimum.end() ? 50 : found->second;
}

int64_t amount_step(const std::string& currency) {
    if (currency == "isk" || currency == "ugx") {
        return 100;
    }
    return currency_exponent(currency) == 3 ? 10 : 1;
}

int64_t processing_fee(int64_t amount) {
    return (amount * 29 + 500) / 1000 + 30;
}

int64_t convert_amount(int64_t amount, const std::string& rate, int from_exponent,
                       int to_exponent) {
    int64_t scaled = 0;
    int digits = -1;
    for (char c : rate) {
        if (c == '.') {
            digits = 0;
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 && digits < 6) {
            scaled = scaled * 10 + (c - '0');
            digits += digits >= 0 ? 1 : 0;
        }
    }
    int64_t divisor = 1;
    for (int i = 0; i < digits; ++i) {
        divisor *= 10;
    }
    int64_t product = amount * scaled;
    for (int i = from_exponent; i < to_exponent; ++i) {
        product *= 10;
    }
    for (int i = to_exponent; i < from_exponent; ++i) {
        divisor *= 10;
    }
    return product >= 0 ? (product + divisor / 2) / divisor : -((-product + divisor / 2) / divisor);
}

}  // namespace stripe_sim
