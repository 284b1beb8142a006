// SPDX-License-Identifier: MIT
#include "jobs/money/currency.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace paysync::money {

namespace {

constexpr std::array kCurrencies = {
    Currency{"aed", 2, 1},  Currency{"afn", 2, 1},   Currency{"all", 2, 1},
    Currency{"amd", 2, 1},  Currency{"ang", 2, 1},   Currency{"aoa", 2, 1},
    Currency{"ars", 2, 1},  Currency{"aud", 2, 1},   Currency{"awg", 2, 1},
    Currency{"azn", 2, 1},  Currency{"bam", 2, 1},   Currency{"bbd", 2, 1},
    Currency{"bdt", 2, 1},  Currency{"bgn", 2, 1},   Currency{"bhd", 3, 10},
    Currency{"bif", 0, 1},  Currency{"bmd", 2, 1},   Currency{"bnd", 2, 1},
    Currency{"bob", 2, 1},  Currency{"brl", 2, 1},   Currency{"bsd", 2, 1},
    Currency{"btn", 2, 1},  Currency{"bwp", 2, 1},   Currency{"byn", 2, 1},
    Currency{"bzd", 2, 1},  Currency{"cad", 2, 1},   Currency{"cdf", 2, 1},
    Currency{"chf", 2, 1},  Currency{"clp", 0, 1},   Currency{"cny", 2, 1},
    Currency{"cop", 2, 1},  Currency{"crc", 2, 1},   Currency{"cve", 2, 1},
    Currency{"czk", 2, 1},  Currency{"djf", 0, 1},   Currency{"dkk", 2, 1},
    Currency{"dop", 2, 1},  Currency{"dzd", 2, 1},   Currency{"egp", 2, 1},
    Currency{"etb", 2, 1},  Currency{"eur", 2, 1},   Currency{"fjd", 2, 1},
    Currency{"fkp", 2, 1},  Currency{"gbp", 2, 1},   Currency{"gel", 2, 1},
    Currency{"ghs", 2, 1},  Currency{"gip", 2, 1},   Currency{"gmd", 2, 1},
    Currency{"gnf", 0, 1},  Currency{"gtq", 2, 1},   Currency{"gyd", 2, 1},
    Currency{"hkd", 2, 1},  Currency{"hnl", 2, 1},   Currency{"hrk", 2, 1},
    Currency{"htg", 2, 1},  Currency{"huf", 2, 1},   Currency{"idr", 2, 1},
    Currency{"ils", 2, 1},  Currency{"inr", 2, 1},   Currency{"isk", 2, 100},
    Currency{"jmd", 2, 1},  Currency{"jod", 3, 10},  Currency{"jpy", 0, 1},
    Currency{"kes", 2, 1},  Currency{"kgs", 2, 1},   Currency{"khr", 2, 1},
    Currency{"kmf", 0, 1},  Currency{"krw", 0, 1},   Currency{"kwd", 3, 10},
    Currency{"kyd", 2, 1},  Currency{"kzt", 2, 1},   Currency{"lak", 2, 1},
    Currency{"lbp", 2, 1},  Currency{"lkr", 2, 1},   Currency{"lrd", 2, 1},
    Currency{"lsl", 2, 1},  Currency{"mad", 2, 1},   Currency{"mdl", 2, 1},
    Currency{"mga", 0, 1},  Currency{"mkd", 2, 1},   Currency{"mmk", 2, 1},
    Currency{"mnt", 2, 1},  Currency{"mop", 2, 1},   Currency{"mro", 2, 1},
    Currency{"mru", 2, 1},  Currency{"mur", 2, 1},   Currency{"mvr", 2, 1},
    Currency{"mwk", 2, 1},  Currency{"mxn", 2, 1},   Currency{"myr", 2, 1},
    Currency{"mzn", 2, 1},  Currency{"nad", 2, 1},   Currency{"ngn", 2, 1},
    Currency{"nio", 2, 1},  Currency{"nok", 2, 1},   Currency{"npr", 2, 1},
    Currency{"nzd", 2, 1},  Currency{"omr", 3, 10},  Currency{"pab", 2, 1},
    Currency{"pen", 2, 1},  Currency{"pgk", 2, 1},   Currency{"php", 2, 1},
    Currency{"pkr", 2, 1},  Currency{"pln", 2, 1},   Currency{"pyg", 0, 1},
    Currency{"qar", 2, 1},  Currency{"ron", 2, 1},   Currency{"rsd", 2, 1},
    Currency{"rub", 2, 1},  Currency{"rwf", 0, 1},   Currency{"sar", 2, 1},
    Currency{"sbd", 2, 1},  Currency{"scr", 2, 1},   Currency{"sek", 2, 1},
    Currency{"sgd", 2, 1},  Currency{"shp", 2, 1},   Currency{"sle", 2, 1},
    Currency{"sll", 2, 1},  Currency{"sos", 2, 1},   Currency{"srd", 2, 1},
    Currency{"std", 2, 1},  Currency{"stn", 2, 1},   Currency{"svc", 2, 1},
    Currency{"szl", 2, 1},  Currency{"thb", 2, 1},   Currency{"tjs", 2, 1},
    Currency{"tnd", 3, 10}, Currency{"top", 2, 1},   Currency{"try", 2, 1},
    Currency{"ttd", 2, 1},  Currency{"twd", 2, 1},   Currency{"tzs", 2, 1},
    Currency{"uah", 2, 1},  Currency{"ugx", 2, 100}, Currency{"usd", 2, 1},
    Currency{"uyu", 2, 1},  Currency{"uzs", 2, 1},   Currency{"vnd", 0, 1},
    Currency{"vuv", 0, 1},  Currency{"wst", 2, 1},   Currency{"xaf", 0, 1},
    Currency{"xcd", 2, 1},  Currency{"xcg", 2, 1},   Currency{"xof", 0, 1},
    Currency{"xpf", 0, 1},  Currency{"yer", 2, 1},   Currency{"zar", 2, 1},
    Currency{"zmw", 2, 1},
};

static_assert(std::ranges::is_sorted(kCurrencies, {}, &Currency::code));

const Currency* find_currency(std::string_view code) noexcept {
    const auto found = std::ranges::lower_bound(kCurrencies, code, {}, &Currency::code);
    return found != kCurrencies.end() && found->code == code ? &*found : nullptr;
}

std::string upper_case(std::string_view code) {
    std::string text(code);
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// The digits with a decimal point. Correct for every value, also the smallest one, whose negation
/// does not fit into int64_t.
std::string with_point(std::int64_t amount, int places) {
    const bool negative = amount < 0;
    const auto bits = static_cast<std::uint64_t>(amount);
    std::string digits = std::to_string(negative ? 0 - bits : bits);
    const auto least = static_cast<std::size_t>(places) + 1;
    if (digits.size() < least)
        digits.insert(0, least - digits.size(), '0');
    if (places > 0)
        digits.insert(digits.end() - places, '.');
    return negative ? "-" + digits : digits;
}

}  // namespace

std::span<const Currency> currencies() noexcept {
    return kCurrencies;
}

int exponent(std::string_view code) noexcept {
    const auto* currency = find_currency(code);
    return currency ? currency->exponent : 2;
}

std::string decimal(std::int64_t amount, std::string_view currency) {
    return with_point(amount, exponent(currency));
}

int shown_places(std::int64_t amount, std::string_view code) noexcept {
    const auto* currency = find_currency(code);
    const int places = exponent(code);
    std::int64_t one = 1;
    for (int i = 0; i < places; ++i)
        one *= 10;
    return currency && currency->multiple == one && amount % one == 0 ? 0 : places;
}

std::string display(std::int64_t amount, std::string_view currency) {
    return decimal(amount, currency) + " " + upper_case(currency);
}

}  // namespace paysync::money
