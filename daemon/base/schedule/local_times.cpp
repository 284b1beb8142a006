// SPDX-License-Identifier: MIT
#include "daemon/base/schedule/local_times.hpp"

#include <algorithm>

namespace paysync::schedule {

namespace {

std::size_t index(int value) {
    return static_cast<std::size_t>(value);
}

}  // namespace

LocalTimes::Values value_range(int from, int to) {
    LocalTimes::Values values;
    for (int i = from; i <= to; ++i)
        values.set(index(i));
    return values;
}

bool LocalTimes::matches(date::year year) const {
    const int number = static_cast<int>(year);
    return years.empty() || std::any_of(years.begin(), years.end(), [number](const Years& range) {
               return number >= range.start && number <= range.stop &&
                      (number - range.start) % range.step == 0;
           });
}

bool LocalTimes::matches(date::local_days day, date::year_month_day ymd) const {
    const auto number = static_cast<unsigned>(ymd.day());
    const date::year_month_day_last last{ymd.year(), date::month_day_last{ymd.month()}};
    const auto from_end = static_cast<unsigned>(last.day()) + 1 - number;
    const bool of_month = days.test(days_from_end ? from_end : number);
    const bool of_week = weekdays.test(date::weekday{day}.iso_encoding() - 1);
    return either_day ? of_month || of_week : of_month && of_week;
}

std::optional<std::chrono::seconds> LocalTimes::first_time_from(std::chrono::seconds time) const {
    const date::hh_mm_ss from{time};
    int minute = static_cast<int>(from.minutes().count());
    int second = static_cast<int>(from.seconds().count());
    for (int hour = static_cast<int>(from.hours().count()); hour < 24;
         ++hour, minute = second = 0) {
        if (!hours.test(index(hour)))
            continue;
        for (; minute < 60; ++minute, second = 0) {
            if (!minutes.test(index(minute)))
                continue;
            for (; second < 60; ++second)
                if (seconds.test(index(second)))
                    return std::chrono::hours(hour) + std::chrono::minutes(minute) +
                           std::chrono::seconds(second);
        }
    }
    return std::nullopt;
}

std::optional<date::local_seconds> LocalTimes::next(date::local_seconds after) const {
    const auto from = after + std::chrono::seconds(1);
    auto day = date::floor<date::days>(from);
    std::chrono::seconds time = from - day;
    for (;;) {
        const date::year_month_day ymd{day};
        if (ymd.year() > date::year(kLastYear))
            return std::nullopt;
        if (!matches(ymd.year())) {
            day = date::local_days{(ymd.year() + date::years{1}) / date::January / 1};
        } else if (!months.test(static_cast<unsigned>(ymd.month()))) {
            day = date::local_days{(ymd.year() / ymd.month() + date::months{1}) / 1};
        } else {
            if (matches(day, ymd))
                if (const auto at = first_time_from(time))
                    return day + *at;
            day += date::days{1};
        }
        time = std::chrono::seconds(0);
    }
}

}  // namespace paysync::schedule
