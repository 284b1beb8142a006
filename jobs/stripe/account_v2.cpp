// SPDX-License-Identifier: MIT
#include "jobs/stripe/account_v2.hpp"

#include <charconv>
#include <chrono>

namespace paysync::stripe {

namespace {

AccountV2 read_account_v2(const Object& object) {
    object.expect_type("v2.core.account");
    return {object.text("id"), object.opt_text_map("metadata")};
}

/// Stripe writes the address of a page with or without its host, which is always the configured
/// one.
std::string path_of(const std::string& url) {
    const auto host = url.find("://");
    const auto path = host == std::string::npos ? url.find('/') : url.find('/', host + 3);
    return path == std::string::npos ? std::string() : url.substr(path);
}

}  // namespace

std::int64_t parse_instant(std::string_view text) {
    // The positions of digits and separators; the fraction is checked below and not needed.
    constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
    bool good = text.size() > shape.size() && text.back() == 'Z';
    for (std::size_t i = 0; good && i < shape.size(); ++i)
        good = shape[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
    const auto fraction = good ? text.substr(shape.size(), text.size() - shape.size() - 1) : "";
    good = good && (fraction.empty() ||
                    (fraction.size() > 1 && fraction[0] == '.' &&
                     fraction.find_first_not_of("0123456789", 1) == std::string_view::npos));
    if (!good)
        throw FieldError("", "is not a time as in 2026-11-25T13:00:00.000Z");
    const auto number = [text](std::size_t from, std::size_t digits) {
        int value = 0;
        std::from_chars(text.data() + from, text.data() + from + digits, value);
        return value;
    };
    using namespace std::chrono;
    const year_month_day day{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                             std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    if (!day.ok() || hour > 23 || minute > 59 || second > 60)
        throw FieldError("", "is a time that does not exist");
    return sys_days(day).time_since_epoch().count() * std::int64_t{86400} + hour * 3600 +
           minute * 60 + second;
}

AccountV2 parse_account_v2(std::string_view body) {
    const Document document(body);
    return read_account_v2(document.root());
}

AccountsV2 parse_accounts_v2(std::string_view body) {
    const Document document(body);
    const Object page = document.root();
    AccountsV2 accounts;
    for (const Object& item : page.objects("data"))
        accounts.items.push_back(read_account_v2(item));
    accounts.next = path_of(page.opt_text("next_page_url").value_or(""));
    return accounts;
}

AccountLink parse_account_link_v2(std::string_view body) {
    const Document document(body);
    const Object object = document.root();
    object.expect_type("v2.core.account_link");
    return {object.text("url"), parse_instant(object.text("created")),
            parse_instant(object.text("expires_at"))};
}

}  // namespace paysync::stripe
