// SPDX-License-Identifier: MIT
#include "daemon/ctl/moment.hpp"

#include <cstdio>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace paysync::ctl {

namespace {

using std::chrono::microseconds;
using Moment = std::chrono::sys_time<microseconds>;

/// Reads from left to right. After the first thing that does not fit, nothing fits any more.
class MomentReader {
public:
    explicit MomentReader(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i)
            value = value * 10 + (one_of("0123456789") - '0');
        return value;
    }
    char one_of(std::string_view letters) {
        if (!next_is(letters)) {
            fits_ = false;
            return '0';
        }
        const char found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }
    bool next_is(std::string_view letters) const {
        return fits_ && !rest_.empty() && letters.find(rest_.front()) != letters.npos;
    }
    bool at_end() const { return fits_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool fits_ = true;
};

/// The part behind the seconds' point: one to six digits.
microseconds read_fraction(MomentReader& in) {
    int value = 0;
    int unit = 1'000'000;
    do {
        unit /= 10;
        value += in.digits(1) * unit;
    } while (unit > 1 && in.next_is("0123456789"));
    return microseconds(value);
}

/// Z or ±hh:mm.
std::optional<std::chrono::minutes> read_offset(MomentReader& in) {
    const char sign = in.one_of("Zz+-");
    if (sign == 'Z' || sign == 'z')
        return std::chrono::minutes(0);
    const int hours = in.digits(2);
    in.one_of(":");
    const int minutes = in.digits(2);
    if (hours > 19 || minutes > 59)
        return std::nullopt;
    return std::chrono::minutes((sign == '-' ? -1 : 1) * (hours * 60 + minutes));
}

std::optional<Moment> read_moment(const std::string& text) {
    using namespace std::chrono;
    MomentReader in(text);
    const int year_number = in.digits(4);
    in.one_of("-");
    const auto month_number = static_cast<unsigned>(in.digits(2));
    in.one_of("-");
    const auto day_number = static_cast<unsigned>(in.digits(2));
    const year_month_day date{year(year_number), month(month_number), day(day_number)};
    if (!date.ok() || year_number < 1000 || year_number > 2999)
        return std::nullopt;
    const Moment midnight = sys_days(date);
    if (in.at_end())
        return midnight;

    in.one_of("Tt ");
    const int hour = in.digits(2);
    in.one_of(":");
    const int minute = in.digits(2);
    in.one_of(":");
    const int second = in.digits(2);
    microseconds fraction(0);
    if (in.next_is(".")) {
        in.one_of(".");
        fraction = read_fraction(in);
    }
    const auto offset = read_offset(in);
    if (!in.at_end() || !offset || hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    return midnight + hours(hour) + minutes(minute) + seconds(second) + fraction - *offset;
}

/// A date and a time in UTC with `separator` between them.
std::string formatted(std::time_t time, char separator) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[32] = "";
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    text[10] = separator;
    return text;
}

}  // namespace

std::string moment_utc(const std::string& text) {
    const auto moment = read_moment(text);
    if (!moment)
        throw std::invalid_argument(
            "expected a date such as 2026-01-31 or a time such as 2026-01-31T23:00:00Z, not " +
            text);
    const auto second = std::chrono::floor<std::chrono::seconds>(*moment);
    char fraction[16] = "";
    std::snprintf(fraction, sizeof fraction, ".%06dZ",
                  static_cast<int>((*moment - second).count()));
    return formatted(second.time_since_epoch().count(), 'T') + fraction;
}

std::string utc_text(std::chrono::system_clock::time_point time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    return formatted(second.time_since_epoch().count(), ' ');
}

}  // namespace paysync::ctl
