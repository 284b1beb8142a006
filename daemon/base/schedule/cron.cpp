// SPDX-License-Identifier: MIT
#include "daemon/base/schedule/cron.hpp"

#include "daemon/base/schedule/scanner.hpp"

#include <array>

namespace paysync::schedule {

namespace {

constexpr std::array<std::string_view, 12> kShortMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kShortWeekdays{"sun", "mon", "tue", "wed",
                                                         "thu", "fri", "sat"};

struct CronField {
    const char* name;
    int from;
    int to;
    const std::string_view* names;  ///< of the values, beginning with `from`; null: no names
    std::size_t count;
};
constexpr CronField kCronMinute{"minute", 0, 59, nullptr, 0};
constexpr CronField kCronHour{"hour", 0, 23, nullptr, 0};
constexpr CronField kCronDay{"day", 1, 31, nullptr, 0};
constexpr CronField kCronMonth{"month", 1, 12, kShortMonths.data(), kShortMonths.size()};
constexpr CronField kCronWeekday{"weekday", 0, 7, kShortWeekdays.data(), kShortWeekdays.size()};

class CronParser {
public:
    explicit CronParser(std::string_view text) : in_(text) {}

    LocalTimes parse() {
        LocalTimes times;
        times.seconds = value_range(0, 0);
        times.minutes = field(kCronMinute);
        times.hours = field(kCronHour);
        in_.skip_blanks();
        const bool any_day = in_.peek() == '*';
        times.days = field(kCronDay);
        times.months = field(kCronMonth);
        in_.skip_blanks();
        const bool any_weekday = in_.peek() == '*';
        const auto weekdays = field(kCronWeekday);
        // In cron, Sunday is 0 and 7. In LocalTimes, Monday is 0.
        for (std::size_t day = 0; day < 7; ++day)
            times.weekdays.set(day, weekdays.test(day + 1) || (day == 6 && weekdays.test(0)));
        times.either_day = !any_day && !any_weekday;
        in_.skip_blanks();
        if (!in_.at_end())
            in_.fail(fmt::format("expected five fields, found {}", in_.found()));
        return times;
    }

private:
    int value(const CronField& field) {
        const auto begin = in_.position();
        for (std::size_t i = 0; i < field.count; ++i)
            if (in_.take_word(field.names[i]))
                return field.from + static_cast<int>(i);
        if (in_.at_end())
            in_.fail(fmt::format("the field for the {} is missing", field.name));
        const int number = in_.number();
        if (number < field.from || number > field.to)
            in_.fail_at(begin, fmt::format("the {} must be from {} to {}", field.name, field.from,
                                           field.to));
        return number;
    }

    LocalTimes::Values field(const CronField& field) {
        in_.skip_blanks();
        LocalTimes::Values values;
        do {
            const auto begin = in_.position();
            int from = field.from;
            int to = field.to;
            bool range = in_.take('*');
            if (!range) {
                from = to = value(field);
                range = in_.take('-');
                if (range)
                    to = value(field);
            }
            if (from > to)
                in_.fail_at(begin, fmt::format("the range of the {} runs backwards", field.name));
            int step = 1;
            if (in_.peek() == '/') {
                if (!range)
                    in_.fail(
                        fmt::format("a step needs a range or '*': write {}-{}/N", from, field.to));
                in_.take('/');
                const auto at = in_.position();
                step = in_.number();
                if (step < 1 || step > field.to)
                    in_.fail_at(at, fmt::format("the step of the {} must be from 1 to {}",
                                                field.name, field.to));
            }
            for (int i = from; i <= to; i += step)
                values.set(static_cast<std::size_t>(i));
        } while (in_.take(','));
        if (!in_.at_end() && in_.peek() != ' ' && in_.peek() != '\t')
            in_.fail(
                fmt::format("expected a blank after the {}, found {}", field.name, in_.found()));
        return values;
    }

    Scanner in_;
};

}  // namespace

LocalTimes parse_cron(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kForms{
        {{"@yearly", "0 0 1 1 *"},
         {"@annually", "0 0 1 1 *"},
         {"@monthly", "0 0 1 * *"},
         {"@weekly", "0 0 * * 0"},
         {"@daily", "0 0 * * *"},
         {"@midnight", "0 0 * * *"},
         {"@hourly", "0 * * * *"}}};
    for (const auto& [name, fields] : kForms)
        if (text == name)
            return CronParser(fields).parse();
    return CronParser(text).parse();
}

}  // namespace paysync::schedule
