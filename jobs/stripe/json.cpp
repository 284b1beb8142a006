// SPDX-License-Identifier: MIT
#include "jobs/stripe/json.hpp"

#include "jobs/stripe/json_index.hpp"

#include <charconv>
#include <utility>

namespace paysync::stripe {

namespace {

std::string join(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
}

/// Where a value stands; put together only when there is something to complain about.
struct Place {
    const std::string& object;
    std::string_view name;

    std::string path() const { return name.empty() ? object : join(object, name); }
};

std::string_view kind(std::string_view raw) noexcept {
    switch (raw.front()) {
        case '"':
            return "a string";
        case '{':
            return "an object";
        case '[':
            return "an array";
        case 't':
        case 'f':
            return "a boolean";
        case 'n':
            return "null";
        default:
            return is_number(raw) ? "a number" : "something that is not JSON";
    }
}

[[noreturn]] void refuse(const Place& place, std::string_view wanted, std::string_view raw) {
    const std::string found(raw.empty() ? "nothing" : kind(raw));
    throw FieldError(place.path(), "expected " + std::string(wanted) + ", found " + found);
}

bool to_flag(const Place& place, std::string_view raw) {
    if (raw != "true" && raw != "false")
        refuse(place, "a boolean", raw);
    return raw == "true";
}

std::int64_t to_integer(const Place& place, std::string_view raw) {
    if (!is_number(raw))
        refuse(place, "an integer", raw);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error == std::errc::result_out_of_range)
        throw FieldError(place.path(), "is beyond 64 bits");
    if (end != raw.data() + raw.size())
        throw FieldError(place.path(), "expected an integer, found a fraction or an exponent");
    return value;
}

std::string to_text(const Place& place, std::string_view raw) {
    if (raw.empty() || raw.front() != '"')
        refuse(place, "a string", raw);
    std::optional<std::string> text = unescape(raw);
    if (!text)
        throw FieldError(place.path(), "is a string with a bad escape");
    if (text->find('\0') != std::string::npos)
        throw FieldError(place.path(), "holds U+0000");
    return std::move(*text);
}

std::string to_name(const std::string& path, std::string_view name) {
    if (name.find('\0') != std::string_view::npos)
        throw FieldError(path, "has a name that holds U+0000");
    return std::string(name);
}

}  // namespace

FieldError::FieldError(std::string path, const std::string& problem)
    : std::runtime_error(path.empty() ? problem : path + ": " + problem), path_(std::move(path)) {}

std::string Object::path(std::string_view name) const {
    return join(path_, name);
}

const Object::Field* Object::find(std::string_view name) const noexcept {
    for (std::size_t tried = 0; tried < fields_.size(); ++tried) {
        const Field& field = fields_[next_];
        next_ = next_ + 1 == fields_.size() ? 0 : next_ + 1;
        if (field.name == name)
            return &field;
    }
    return nullptr;
}

/// The field's text; empty when it is missing or null.
std::string_view Object::present(std::string_view name) const {
    const Field* field = find(name);
    return field && field->raw != "null" ? field->raw : std::string_view();
}

std::string_view Object::required(std::string_view name, std::string_view wanted) const {
    const Field* field = find(name);
    if (!field || field->raw == "null")
        refuse({path_, name}, wanted, field ? field->raw : std::string_view());
    return field->raw;
}

std::string Object::text(std::string_view name) const {
    return to_text({path_, name}, required(name, "a string"));
}

std::optional<std::string> Object::opt_text(std::string_view name) const {
    const auto raw = present(name);
    if (raw.empty())
        return std::nullopt;
    return to_text({path_, name}, raw);
}

std::int64_t Object::integer(std::string_view name) const {
    return to_integer({path_, name}, required(name, "an integer"));
}

std::optional<std::int64_t> Object::opt_integer(std::string_view name) const {
    const auto raw = present(name);
    if (raw.empty())
        return std::nullopt;
    return to_integer({path_, name}, raw);
}

bool Object::flag(std::string_view name) const {
    return to_flag({path_, name}, required(name, "a boolean"));
}

std::optional<bool> Object::opt_flag(std::string_view name) const {
    const auto raw = present(name);
    if (raw.empty())
        return std::nullopt;
    return to_flag({path_, name}, raw);
}

std::optional<std::string> Object::opt_decimal(std::string_view name) const {
    const auto raw = present(name);
    if (raw.empty())
        return std::nullopt;
    if (!is_number(raw))
        refuse({path_, name}, "a number", raw);
    return std::string(raw);
}

std::string Object::reference(std::string_view name) const {
    const auto raw = required(name, "an id or an object");
    if (raw.front() == '{')
        return index_object(raw, path(name)).text("id");
    return to_text({path_, name}, raw);
}

std::optional<std::string> Object::opt_reference(std::string_view name) const {
    if (present(name).empty())
        return std::nullopt;
    return reference(name);
}

std::optional<Object> Object::opt_expanded(std::string_view name) const {
    const auto raw = present(name);
    if (raw.empty() || raw.front() == '"')
        return std::nullopt;
    return object(name);
}

Object Object::object(std::string_view name) const {
    const auto raw = required(name, "an object");
    if (raw.front() != '{')
        refuse({path_, name}, "an object", raw);
    return index_object(raw, path(name));
}

std::optional<Object> Object::opt_object(std::string_view name) const {
    if (present(name).empty())
        return std::nullopt;
    return object(name);
}

std::vector<Object> Object::objects(std::string_view name) const {
    std::vector<Object> list;
    for (const auto& [element_path, raw] : elements(name, required(name, "an array"))) {
        if (raw.front() != '{')
            refuse({element_path, {}}, "an object", raw);
        list.push_back(index_object(raw, element_path));
    }
    return list;
}

std::vector<Object> Object::opt_objects(std::string_view name) const {
    return present(name).empty() ? std::vector<Object>() : objects(name);
}

std::vector<std::string> Object::opt_texts(std::string_view name) const {
    std::vector<std::string> list;
    const auto raw = present(name);
    if (raw.empty())
        return list;
    for (const auto& [element_path, element] : elements(name, raw))
        list.push_back(to_text({element_path, {}}, element));
    return list;
}

std::vector<std::pair<std::string, std::string_view>> Object::elements(std::string_view name,
                                                                       std::string_view raw) const {
    if (raw.front() != '[')
        refuse({path_, name}, "an array", raw);
    std::vector<std::pair<std::string, std::string_view>> list;
    for (const auto element : index_array(raw, path(name)))
        list.emplace_back(path(name) + "[" + std::to_string(list.size()) + "]", element);
    return list;
}

std::map<std::string, std::string> Object::opt_text_map(std::string_view name) const {
    std::map<std::string, std::string> map;
    if (const auto values = opt_object(name)) {
        for (const Field& field : values->fields_)
            map.insert_or_assign(to_name(values->path_, field.name),
                                 to_text({values->path_, field.name}, field.raw));
    }
    return map;
}

void Object::expect_type(std::string_view type) const {
    if (text("object") != type)
        throw FieldError(path("object"), "expected \"" + std::string(type) + "\"");
}

void Object::expect_array(std::string_view name) const {
    const auto raw = required(name, "an array");
    if (raw.front() != '[')
        refuse({path_, name}, "an array", raw);
}

}  // namespace paysync::stripe
