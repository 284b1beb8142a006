// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <string>
#include <vector>

/// Reading and writing PostgreSQL values, for stores only; hides the differences between libpqxx 6
/// and 7.
namespace paysync {

/// The text of a field, empty for NULL.
inline std::string text(const pqxx::field& field) {
    return field.is_null() ? std::string() : field.as<std::string>();
}

/// A text[], empty for NULL.
std::vector<std::string> texts(const pqxx::field& field);

/// A bytea, empty for NULL.
std::string bytes(const pqxx::field& field);

/// A bytea parameter, in PostgreSQL's hexadecimal input form.
std::string binary(const std::string& bytes);

/// A text[] parameter, in PostgreSQL's array input form.
std::string text_array(const std::vector<std::string>& values);

}  // namespace paysync
