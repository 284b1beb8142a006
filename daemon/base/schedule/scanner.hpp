// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace paysync::schedule {

inline char lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads a schedule expression from left to right; shared by the parsers of calendar and cron.
/// The errors are std::invalid_argument with problem, column (from 1) and text:
///
///     the hour must be from 0 to 23 at column 1 of "25:00"
///
/// Does not copy the text, which must outlive the scanner.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_end() const noexcept { return at_ == text_.size(); }
    /// The next character, or 0 at the end.
    char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
    /// Index of the next character.
    std::size_t position() const noexcept { return at_; }
    void rewind_to(std::size_t at) noexcept { at_ = at; }

    // take() and take_word() consume the text if it comes next; otherwise they return false.

    bool take(char c) noexcept { return take(std::string_view(&c, 1)); }
    bool take(std::string_view literal) noexcept {
        if (!text_.substr(at_).starts_with(literal))
            return false;
        at_ += literal.size();
        return true;
    }
    /// Ignores case.
    bool take_word(std::string_view word) noexcept {
        if (text_.size() - at_ < word.size())
            return false;
        for (std::size_t i = 0; i < word.size(); ++i)
            if (lower_ascii(text_[at_ + i]) != lower_ascii(word[i]))
                return false;
        at_ += word.size();
        return true;
    }
    void skip_blanks() noexcept {
        while (peek() == ' ' || peek() == '\t')
            ++at_;
    }
    /// Consumes a decimal number of at most six digits; all fields have fewer. Throws if there is
    /// none.
    int number() {
        const auto begin = at_;
        int value = 0;
        while (is_digit(peek())) {
            if (at_ - begin == 6)
                fail("the number is too large");
            value = value * 10 + (text_[at_++] - '0');
        }
        if (at_ == begin)
            fail(fmt::format("expected a number, found {}", found()));
        return value;
    }
    /// The next character in quotes, for error texts: "expected ':', found '-'".
    std::string found() const {
        return at_end() ? "the end" : fmt::format("'{}'", text_.substr(at_, 1));
    }
    [[noreturn]] void fail(const std::string& problem) const { fail_at(at_, problem); }
    [[noreturn]] void fail_at(std::size_t at, const std::string& problem) const {
        throw std::invalid_argument(
            fmt::format("{} at column {} of \"{}\"", problem, at + 1, text_));
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace paysync::schedule
