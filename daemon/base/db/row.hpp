// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <string>
#include <vector>

/// Conversions between PostgreSQL values and C++ types, for stores only. They hide the differences
/// between libpqxx 6 and 7. They throw std::invalid_argument or pqxx::failure for a malformed
/// value.
namespace paysync {

/// The value of a text field; empty for NULL.
inline std::string text(const pqxx::field& field) {
    return field.is_null() ? std::string() : field.as<std::string>();
}

/// The elements of a text[] field, without its NULLs; empty for NULL.
std::vector<std::string> texts(const pqxx::field& field);

/// The bytes of a bytea field, in either `bytea_output`; empty for NULL.
std::string bytes(const pqxx::field& field);

/// Bytes as a bytea parameter, in hexadecimal input form: `\x6869` for "hi".
std::string bytea_literal(const std::string& bytes);

/// Texts as a text[] parameter, in array input form: `{"a","b"}`. See Column to build it step by
/// step.
std::string text_array(const std::vector<std::string>& values);

}  // namespace paysync
