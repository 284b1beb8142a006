// SPDX-License-Identifier: MIT
#include "jobs/money/localized.hpp"

#include "jobs/money/currency.hpp"

#include <unicode/datefmt.h>
#include <unicode/gregocal.h>
#include <unicode/numberformatter.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace paysync::money {

namespace {

/// The locale of a language tag, if ICU has tables for the language.
std::optional<icu::Locale> find_locale(std::string_view tag) {
    std::string name(tag);
    std::replace(name.begin(), name.end(), '_', '-');
    UErrorCode status = U_ZERO_ERROR;
    const auto locale = icu::Locale::forLanguageTag(name, status);
    if (U_FAILURE(status))
        return std::nullopt;
    std::int32_t count = 0;
    const auto* all = icu::Locale::getAvailableLocales(count);
    const bool has_tables = std::any_of(all, all + count, [&](const icu::Locale& available) {
        return std::string_view(available.getLanguage()) == locale.getLanguage();
    });
    return has_tables ? std::optional(locale) : std::nullopt;
}

std::string utf8(const icu::UnicodeString& text) {
    std::string bytes;
    return text.toUTF8String(bytes);
}

}  // namespace

std::string localized(std::int64_t amount, std::string_view currency, std::string_view locale) {
    const auto found = find_locale(locale);
    if (!found)
        return display(amount, currency);
    UErrorCode status = U_ZERO_ERROR;
    const auto text =
        icu::number::NumberFormatter::withLocale(*found)
            .unit(icu::CurrencyUnit(
                icu::StringPiece(currency.data(), static_cast<std::int32_t>(currency.size())),
                status))
            .precision(icu::number::Precision::fixedFraction(shown_places(amount, currency)))
            .formatDecimal(decimal(amount, currency), status)
            .toString(status);
    return U_SUCCESS(status) ? utf8(text) : display(amount, currency);
}

std::string localized_day(const std::string& day, std::string_view locale) {
    const auto found = find_locale(locale);
    int year = 0;
    int month = 0;
    int date = 0;
    if (!found || std::sscanf(day.c_str(), "%d-%d-%d", &year, &month, &date) != 3)
        return day;
    UErrorCode status = U_ZERO_ERROR;
    // Noon in GMT, formatted in GMT: no time zone can move it to another day.
    icu::GregorianCalendar noon(*icu::TimeZone::getGMT(), status);
    noon.set(year, month - 1, date, 12, 0, 0);
    const std::unique_ptr<icu::DateFormat> format(
        icu::DateFormat::createDateInstance(icu::DateFormat::kLong, *found));
    if (U_FAILURE(status) || !format)
        return day;
    format->setTimeZone(*icu::TimeZone::getGMT());
    const auto time = noon.getTime(status);
    icu::UnicodeString text;
    format->format(time, text);
    return U_SUCCESS(status) ? utf8(text) : day;
}

}  // namespace paysync::money
