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

/// Stripe's JSON, read strictly: a field that is missing, of another type or out of range is an
/// error that names it, never an empty value. Fields that nobody asks for are not looked at.
namespace paysync::stripe {

/// What Stripe sent is not what was expected. The text names the field and its type, not its value.
class FieldError final : public std::runtime_error {
public:
    FieldError(std::string path, const std::string& problem);

    /// "data[3].amount"; empty when the text as a whole is not JSON.
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

/// One JSON object: a view into its Document, which must live longer. Fields may be read in any
/// order. The plain readers throw FieldError also for null; the `opt_` ones give nothing for null
/// and for a missing field, and throw FieldError for any other type.
class Object {
public:
    Object(Object&&) noexcept = default;
    Object& operator=(Object&&) noexcept = default;

    /// UTF-8 without U+0000, which PostgreSQL cannot hold.
    std::string text(std::string_view name) const;
    std::optional<std::string> opt_text(std::string_view name) const;

    /// Neither fraction nor exponent, within 64 bits.
    std::int64_t integer(std::string_view name) const;
    std::optional<std::int64_t> opt_integer(std::string_view name) const;

    bool flag(std::string_view name) const;
    std::optional<bool> opt_flag(std::string_view name) const;

    /// A JSON number exactly as it was written.
    std::optional<std::string> opt_decimal(std::string_view name) const;

    /// The id of an object that Stripe gives as its id or, when expanded, as a whole.
    std::string reference(std::string_view name) const;
    std::optional<std::string> opt_reference(std::string_view name) const;

    /// The object, or nothing when there is only its id, or null.
    std::optional<Object> opt_expanded(std::string_view name) const;

    Object object(std::string_view name) const;
    std::optional<Object> opt_object(std::string_view name) const;

    /// Arrays; the `opt_` ones are empty for null and for a missing field.
    std::vector<Object> objects(std::string_view name) const;
    std::vector<Object> opt_objects(std::string_view name) const;
    std::vector<std::string> opt_texts(std::string_view name) const;

    /// An object whose values are all strings, such as `metadata`; empty for null.
    std::map<std::string, std::string> opt_text_map(std::string_view name) const;

    /// Throws FieldError unless the field "object" says `type`.
    void expect_type(std::string_view type) const;

    /// Throws FieldError unless the field is an array.
    void expect_array(std::string_view name) const;

    /// The object as Stripe wrote it. May hold "\u0000", so that it is text to PostgreSQL, not
    /// jsonb.
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

/// A whole JSON text and its memory. Throws FieldError when the text is not one JSON object: empty,
/// cut off, followed by something, not UTF-8.
class Document {
public:
    explicit Document(std::string_view text);
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;

    Object root() const;

    /// What stands in the array, one at a time: an object, or nothing and the text of it.
    using Each = std::function<void(std::optional<Object> item, std::string_view raw)>;

    /// The root, whose array `name` was given to `each` on the way. Not to be called by `each`.
    Object root(std::string_view name, const Each& each) const;

private:
    struct Text;
    std::unique_ptr<Text> text_;
};

}  // namespace paysync::stripe
