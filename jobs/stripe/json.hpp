// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Stripe's JSON, read strictly: a field that is missing, has another type or is out of range is an
/// error that names it, never an empty value. A wrong amount of money must not enter the database
/// as 0. Fields that no reader asks for are skipped, so that Stripe may add some:
///
///     const Document document(body);
///     const Object charge = document.root();
///     const std::int64_t amount = charge.integer("amount");  // throws FieldError for null
///     const auto email = charge.opt_text("receipt_email");   // nothing for null
namespace paysync::stripe {

/// Stripe sent something else than expected. The text names the field and its type, not its value,
/// which may be personal data.
class FieldError final : public std::runtime_error {
public:
    FieldError(std::string path, const std::string& problem);

    /// "data[3].amount"; empty when the whole text is not JSON.
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

/// One JSON object: a view into its Document, which must live longer.
///
/// Fields may be read in any order. The plain readers throw FieldError for null and for a missing
/// field; the `opt_` readers return nothing for both. All throw FieldError for any other type.
class Object {
public:
    Object(Object&&) noexcept = default;
    Object& operator=(Object&&) noexcept = default;

    /// UTF-8 without U+0000, which PostgreSQL cannot hold.
    std::string text(std::string_view name) const;
    std::optional<std::string> opt_text(std::string_view name) const;

    /// A number without fraction and exponent, within 64 bits.
    std::int64_t integer(std::string_view name) const;
    std::optional<std::int64_t> opt_integer(std::string_view name) const;

    bool flag(std::string_view name) const;
    std::optional<bool> opt_flag(std::string_view name) const;

    /// A JSON number exactly as it was written.
    std::optional<std::string> opt_decimal(std::string_view name) const;

    /// The id of an object that Stripe sends either as its id or, when expanded, as an object.
    std::string reference(std::string_view name) const;
    std::optional<std::string> opt_reference(std::string_view name) const;

    /// The expanded object; nothing when Stripe sent only its id, or null.
    std::optional<Object> opt_expanded(std::string_view name) const;

    Object object(std::string_view name) const;
    std::optional<Object> opt_object(std::string_view name) const;

    /// Arrays; the `opt_` readers return an empty one for null and for a missing field.
    std::vector<Object> objects(std::string_view name) const;
    std::vector<Object> opt_objects(std::string_view name) const;
    std::vector<std::string> opt_texts(std::string_view name) const;

    /// An object whose values are all strings, such as `metadata`; empty for null and for a missing
    /// field.
    std::map<std::string, std::string> opt_text_map(std::string_view name) const;

    /// Throws FieldError unless the field "object" says `type`.
    void expect_type(std::string_view type) const;

    /// Throws FieldError unless the field is an array.
    void expect_array(std::string_view name) const;

    /// The object as Stripe wrote it. It may hold "\u0000", which PostgreSQL takes as text but not
    /// as jsonb.
    std::string_view raw() const noexcept { return raw_; }

private:
    friend class Document;
    friend class Indexer;

    struct Field {
        std::string_view name;
        std::string_view raw;  // of a string with its quotes
    };

    Object() = default;
    std::string path(std::string_view name) const;
    const Field* find(std::string_view name) const noexcept;
    std::string_view present(std::string_view name) const;
    std::string_view required(std::string_view name, std::string_view wanted) const;
    std::vector<std::pair<std::string, std::string_view>> elements(std::string_view name,
                                                                   std::string_view raw) const;

    std::string path_;
    std::string_view raw_;
    std::vector<Field> fields_;
    std::list<std::string> escaped_names_;  // what Field::name of an escaped name refers to
    mutable std::size_t next_ = 0;          // readers mostly ask in the order of the text
};

/// A whole JSON text and its memory. root() throws FieldError when the text is not exactly one JSON
/// object in UTF-8, for example because it is empty or was cut off.
class Document {
public:
    explicit Document(std::string_view text);
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;

    Object root() const;

    /// Called for each item of the array: with an object, or with nothing and the item's text.
    using Each = std::function<void(std::optional<Object> item, std::string_view raw)>;

    /// Returns the root after calling `each` for the items of its array `name`, without keeping
    /// more than one item at a time. `each` must not call it.
    Object root(std::string_view name, const Each& each) const;

private:
    struct Text;
    std::unique_ptr<Text> text_;
};

}  // namespace paysync::stripe
