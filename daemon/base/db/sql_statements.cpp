// SPDX-License-Identifier: MIT
#include "daemon/base/db/sql_statements.hpp"

#include <algorithm>
#include <cctype>

namespace paysync::db {

namespace {

constexpr auto kEnd = std::string_view::npos;

bool is_name_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}

/// A place in the text that moves over one thing at a time.
class SqlCursor {
public:
    explicit SqlCursor(std::string_view sql) : sql_(sql) {}

    bool at_end() const { return at_ >= sql_.size(); }
    std::size_t at() const { return at_; }
    bool looking_at(std::string_view token) const {
        return sql_.substr(at_, token.size()) == token;
    }

    /// Blanks and comments.
    void skip_blanks() {
        while (!at_end()) {
            if (std::isspace(static_cast<unsigned char>(sql_[at_])))
                ++at_;
            else if (!skip_comment())
                return;
        }
    }

    /// A comment, a string, a quoted name, a dollar-quoted text, or else one character.
    void skip_token() {
        if (skip_comment() || skip_dollar_quoted())
            return;
        const char c = sql_[at_];
        if (c == '\'')
            skip_quoted('\'', is_escape_string());
        else if (c == '"')
            skip_quoted('"', false);
        else
            ++at_;
    }

private:
    bool skip_comment() {
        if (looking_at("--")) {
            go_to(sql_.find('\n', at_), 1);
            return true;
        }
        if (!looking_at("/*"))
            return false;
        int depth = 0;
        do {
            if (looking_at("/*")) {
                ++depth;
                at_ += 2;
            } else if (looking_at("*/")) {
                --depth;
                at_ += 2;
            } else {
                ++at_;
            }
        } while (depth > 0 && !at_end());
        return true;
    }

    bool skip_dollar_quoted() {
        if (sql_[at_] != '$' || (at_ > 0 && is_name_char(sql_[at_ - 1])))
            return false;
        auto end = at_ + 1;
        while (end < sql_.size() && is_name_char(sql_[end]))
            ++end;
        const bool is_parameter =
            end > at_ + 1 && std::isdigit(static_cast<unsigned char>(sql_[at_ + 1]));
        if (end >= sql_.size() || sql_[end] != '$' || is_parameter)
            return false;
        const auto tag = sql_.substr(at_, end + 1 - at_);
        go_to(sql_.find(tag, end + 1), tag.size());
        return true;
    }

    /// Whether the quote here opens E'…', in which a backslash hides the next character.
    bool is_escape_string() const {
        const bool after_e = at_ > 0 && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E');
        return after_e && (at_ == 1 || !is_name_char(sql_[at_ - 2]));
    }

    /// A doubled quote reads as one that ends and one that begins.
    void skip_quoted(char quote, bool escapes) {
        ++at_;
        while (!at_end() && sql_[at_] != quote)
            at_ += escapes && sql_[at_] == '\\' ? 2U : 1U;
        go_to(at_, 1);
    }

    void go_to(std::size_t place, std::size_t further) {
        at_ = place == kEnd ? sql_.size() : std::min(place + further, sql_.size());
    }

    std::string_view sql_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<SqlStatement> sql_statements(std::string_view sql) {
    std::vector<SqlStatement> statements;
    SqlCursor cursor(sql);
    int line = 1;
    std::size_t counted = 0;
    for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
        const auto begin = cursor.at();
        while (!cursor.at_end() && !cursor.looking_at(";"))
            cursor.skip_token();
        const auto text = sql.substr(begin, cursor.at() - begin);
        line +=
            static_cast<int>(std::count(sql.begin() + static_cast<std::ptrdiff_t>(counted),
                                        sql.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
        counted = begin;
        if (!text.empty())
            statements.push_back({line, text});
        if (!cursor.at_end())
            cursor.skip_token();
    }
    return statements;
}

}  // namespace paysync::db
