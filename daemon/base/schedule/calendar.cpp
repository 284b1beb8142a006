// SPDX-License-Identifier: MIT
#include "daemon/base/schedule/calendar.hpp"

#include "daemon/base/schedule/scanner.hpp"

#include <algorithm>
#include <array>

namespace paysync::schedule {

namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr int kFirstYear = 1970;

/// `7`, `1..5`, `0/15` or `0..30/10`.
struct CalendarPart {
    std::size_t at;  ///< its position in the text
    int start;
    int stop;  ///< -1: the end of the field
    int step;  ///< 0: `start` alone
};
/// A list of parts; empty for `*`.
using Parts = std::vector<CalendarPart>;

/// Name and range of a field.
struct CalendarField {
    const char* name;
    int from;
    int to;
};
constexpr CalendarField kYear{"year", kFirstYear, kLastYear};
constexpr CalendarField kMonth{"month", 1, 12};
constexpr CalendarField kDay{"day", 1, 31};
constexpr CalendarField kHour{"hour", 0, 23};
constexpr CalendarField kMinute{"minute", 0, 59};
constexpr CalendarField kSecond{"second", 0, 59};

class CalendarParser {
public:
    explicit CalendarParser(std::string_view text) : in_(text) {}

    LocalTimes parse() {
        times_.months = value_range(kMonth.from, kMonth.to);
        times_.days = value_range(kDay.from, kDay.to);
        times_.weekdays = value_range(0, 6);
        if (!short_form()) {
            read_weekdays();
            read_date();
            read_time();
        }
        if (!in_.at_end())
            in_.fail(fmt::format("expected the end, found {}", in_.found()));
        return times_;
    }

private:
    bool short_form() {
        struct Form {
            std::string_view name;
            int month_step;  // 0: every month
            bool first_of_month;
            bool monday;
            bool each_hour;
            bool each_minute;
        };
        static constexpr std::array<Form, 13> kForms{
            {{"minutely", 0, false, false, true, true},
             {"hourly", 0, false, false, true, false},
             {"daily", 0, false, false, false, false},
             {"weekly", 0, false, true, false, false},
             {"monthly", 0, true, false, false, false},
             {"quarterly", 3, true, false, false, false},
             {"semiannually", 6, true, false, false, false},
             {"semi-annually", 6, true, false, false, false},
             {"biannually", 6, true, false, false, false},
             {"bi-annually", 6, true, false, false, false},
             {"yearly", 12, true, false, false, false},
             {"annually", 12, true, false, false, false},
             {"anually", 12, true, false, false, false}}};
        for (const auto& form : kForms) {
            const auto begin = in_.position();
            if (!in_.take_word(form.name))
                continue;
            if (!in_.at_end()) {
                in_.rewind_to(begin);
                continue;
            }
            if (form.month_step > 0) {
                times_.months.reset();
                for (int month = 1; month <= 12; month += form.month_step)
                    times_.months.set(static_cast<std::size_t>(month));
            }
            if (form.first_of_month)
                times_.days = value_range(1, 1);
            if (form.monday)
                times_.weekdays = value_range(0, 0);
            times_.hours = form.each_hour ? value_range(0, 23) : value_range(0, 0);
            times_.minutes = form.each_minute ? value_range(0, 59) : value_range(0, 0);
            times_.seconds = value_range(0, 0);
            return true;
        }
        return false;
    }

    /// Reads a weekday and returns its number, 0 for Monday; -1 if there is none.
    int weekday() {
        for (int day = 0; day < 7; ++day) {
            const auto name = kWeekdays[static_cast<std::size_t>(day)];
            const auto begin = in_.position();
            if (in_.take_word(name) || in_.take_word(name.substr(0, 3))) {
                if (std::string_view("-., ").find(in_.peek()) == std::string_view::npos &&
                    !in_.at_end())
                    in_.fail_at(begin, "not a weekday");
                return day;
            }
        }
        return -1;
    }

    void read_weekdays() {
        LocalTimes::Values days;
        int range_from = -1;
        for (bool first = true;; first = false) {
            const auto begin = in_.position();
            const int day = weekday();
            if (day < 0 && first)
                return;
            if (day < 0)
                in_.fail(fmt::format("expected a weekday, found {}", in_.found()));
            if (range_from > day)
                in_.fail_at(begin, "the range of weekdays runs backwards");
            days |= value_range(range_from >= 0 ? range_from : day, day);
            const bool in_range = range_from >= 0;
            range_from = -1;
            if (in_.peek() == '.' || in_.peek() == '-') {
                if (in_range)
                    in_.fail("a range must have two ends");
                if (!in_.take("..") && !in_.take('-'))
                    in_.fail("expected '..'");
                range_from = day;
            } else if (in_.take(',')) {
            } else if (in_.at_end() || in_.peek() == ' ') {
                break;
            } else {
                in_.fail(fmt::format("expected a date or a time, found {}", in_.found()));
            }
            // A trailing comma is allowed, as in systemd.
            if (in_.at_end() || in_.peek() == ' ') {
                if (range_from >= 0)
                    in_.fail("expected the end of a range");
                break;
            }
        }
        in_.skip_blanks();
        times_.weekdays = days;
    }

    Parts parts() {
        Parts parts;
        if (in_.take('*'))
            return parts;
        do {
            CalendarPart part{in_.position(), in_.number(), -1, 0};
            if (in_.take("..")) {
                part.stop = in_.number();
                part.step = 1;
            }
            if (in_.take('/')) {
                const auto begin = in_.position();
                part.step = in_.number();
                if (part.step == 0)
                    in_.fail_at(begin, "a step must be at least 1");
            }
            parts.push_back(part);
        } while (in_.take(','));
        return parts;
    }

    /// Throws unless the numbers are in the range of the field and a step leads to a second value.
    void check(const CalendarPart& part, const CalendarField& field, bool from_end) const {
        // Counted from the end of the month: the shortest month has 28 days.
        const int to = from_end ? field.to - 3 : field.to;
        const auto within = [&](int value) { return value >= field.from && value <= to; };
        if (!within(part.start) || (part.stop >= 0 && !within(part.stop)))
            in_.fail_at(part.at,
                        fmt::format("the {} must be from {} to {}", field.name, field.from, to));
        if (part.stop >= 0 && part.stop < part.start)
            in_.fail_at(part.at, fmt::format("the range of the {} runs backwards", field.name));
        // In a range, a step beyond its end is allowed, as in systemd: only `start` remains.
        if (part.step == 0 || part.stop >= 0)
            return;
        const bool never =
            from_end ? part.start - part.step < field.from : part.start + part.step > to;
        if (never)
            in_.fail_at(part.at, fmt::format("the step exceeds the range of the {}", field.name));
    }

    LocalTimes::Values values(const Parts& parts, const CalendarField& field,
                              bool from_end = false) const {
        if (parts.empty())
            return value_range(field.from, field.to);
        LocalTimes::Values values;
        for (const auto& part : parts) {
            check(part, field, from_end);
            const bool down = from_end && part.stop < 0;
            const int step = std::max(part.step, 1);
            const int stop = part.step == 0 ? part.start : part.stop < 0 ? field.to : part.stop;
            if (down && part.step > 0)
                for (int i = part.start; i >= field.from; i -= step)
                    values.set(static_cast<std::size_t>(i));
            else
                for (int i = part.start; i <= stop; i += step)
                    values.set(static_cast<std::size_t>(i));
        }
        return values;
    }

    std::vector<LocalTimes::Years> years(Parts parts) const {
        std::vector<LocalTimes::Years> years;
        for (auto& part : parts) {
            for (int* year : {&part.start, &part.stop})
                if (*year >= 0 && *year < 100)
                    *year += *year < 70 ? 2000 : 1900;
            check(part, kYear, false);
            const int stop = part.step == 0 ? part.start : part.stop < 0 ? kLastYear : part.stop;
            years.push_back({part.start, stop, std::max(part.step, 1)});
        }
        return years;
    }

    bool at_end_of_date() const { return in_.at_end() || in_.peek() == ' '; }

    void read_date() {
        if (in_.at_end())
            return;
        if (in_.peek() == '@')
            in_.fail("a timestamp is a single moment, not a schedule");
        const auto begin = in_.position();
        Parts fields[3];
        int count = 0;
        fields[count++] = parts();
        if (in_.at_end() || in_.peek() == ':') {
            in_.rewind_to(begin);  // it was a time
            return;
        }
        bool from_end = false;
        while (!at_end_of_date() || count == 1) {
            if (count == 3 || from_end)
                in_.fail(fmt::format("expected a time, found {}", in_.found()));
            from_end = in_.take('~');
            if (!from_end && !in_.take('-'))
                in_.fail(fmt::format("expected '-', '~' or ':', found {}", in_.found()));
            fields[count++] = parts();
        }
        if (count == 3)
            times_.years = years(fields[0]);
        times_.months = values(fields[count - 2], kMonth);
        times_.days_from_end = from_end && !fields[count - 1].empty();
        times_.days = values(fields[count - 1], kDay, times_.days_from_end);
        in_.skip_blanks();
    }

    void read_time() {
        times_.hours = times_.minutes = times_.seconds = value_range(0, 0);
        if (in_.at_end())
            return;
        const auto hours = parts();
        if (!in_.take(':'))
            in_.fail(fmt::format("expected ':', found {}", in_.found()));
        const auto minutes = parts();
        times_.hours = values(hours, kHour);
        times_.minutes = values(minutes, kMinute);
        if (!in_.take(':'))
            return;
        times_.seconds = values(parts(), kSecond);
        if (in_.peek() == '.')
            in_.fail("fractions of a second are not supported");
    }

    Scanner in_;
    LocalTimes times_;
};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    const auto last = text.find_last_not_of(" \t");
    return first == text.npos ? std::string_view() : text.substr(first, last - first + 1);
}

}  // namespace

Calendar parse_calendar(std::string_view text) {
    text = trimmed(text);
    if (text.empty())
        throw std::invalid_argument("the calendar expression is empty");
    Calendar calendar;
    // A last word that begins with a letter is the time zone. A single word is not: it is a weekday
    // or a short form.
    const auto blank = text.find_last_of(' ');
    if (blank != text.npos && !is_digit(text[blank + 1]) && text[blank + 1] != '*' &&
        text[blank + 1] != '@') {
        calendar.zone = text.substr(blank + 1);
        text = trimmed(text.substr(0, blank));
    }
    calendar.times = CalendarParser(text).parse();
    return calendar;
}

}  // namespace paysync::schedule
