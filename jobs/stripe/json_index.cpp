// SPDX-License-Identifier: MIT
#include "jobs/stripe/json_index.hpp"

#include <simdjson.h>

#include <utility>

namespace paysync::stripe {

namespace ondemand = simdjson::ondemand;

namespace {

// A parser's tables are as large as the text, so they are kept. Each thread has two parsers: one
// walks through a list while the other reads the objects inside its items.
ondemand::parser& list_parser() {
    thread_local ondemand::parser parser;
    return parser;
}

ondemand::parser& leaf_parser() {
    thread_local ondemand::parser parser;
    return parser;
}

simdjson::padded_string_view padded(std::string_view raw) {
    return simdjson::padded_string_view(raw, raw.size() + simdjson::SIMDJSON_PADDING);
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
        text.remove_suffix(1);
    return text;
}

/// The value's whole text. Containers are skipped by their brackets, scalars are not looked into.
std::string_view whole(ondemand::value& value) {
    const std::string_view token = value.raw_json_token();
    if (token.starts_with('{'))
        return trimmed(ondemand::object(value.get_object()).raw_json().value());
    if (token.starts_with('['))
        return trimmed(ondemand::array(value.get_array()).raw_json().value());
    return trimmed(token);
}

[[noreturn]] void not_json(const std::string& path, const simdjson::simdjson_error& error) {
    throw FieldError(path, std::string("is not valid JSON: ") + error.what());
}

}  // namespace

class Indexer {
public:
    explicit Indexer(std::string path) { object_.path_ = std::move(path); }

    template <typename Visit>
    Object run(ondemand::object fields, Visit visit) {
        object_.fields_.reserve(32);
        for (ondemand::field field : fields) {
            const std::string_view name = field_name(field);
            ondemand::value& value = field.value();
            object_.fields_.push_back({name, visit(name, value)});
        }
        return std::move(object_);
    }

    Object run(ondemand::object fields) {
        return run(fields, [](std::string_view, ondemand::value& value) { return whole(value); });
    }

    static void set_raw(Object& object, std::string_view raw) { object.raw_ = raw; }

private:
    std::string_view field_name(ondemand::field& field) {
        const char* start = field.key().raw();
        const char* end = start;
        while (*end != '"' && *end != '\\')
            ++end;
        if (*end == '"')
            return {start, static_cast<std::size_t>(end - start)};
        const std::string_view name = field.unescaped_key();
        return object_.escaped_names_.emplace_back(name);
    }

    Object object_;
};

Object index_object(std::string_view raw, std::string path) try {
    ondemand::document document = leaf_parser().iterate(padded(raw));
    Object object = Indexer(path).run(document.get_object());
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        throw FieldError(path, "is not valid JSON: something follows the object");
    Indexer::set_raw(object, raw);
    return object;
} catch (const simdjson::simdjson_error& error) {
    not_json(path, error);
}

std::vector<std::string_view> index_array(std::string_view raw, const std::string& path) try {
    ondemand::document document = leaf_parser().iterate(padded(raw));
    std::vector<std::string_view> elements;
    for (ondemand::value element : document.get_array())
        elements.push_back(whole(element));
    return elements;
} catch (const simdjson::simdjson_error& error) {
    not_json(path, error);
}

std::optional<std::string> unescape(std::string_view raw) {
    const bool plain = raw.find('\\') == std::string_view::npos;
    if (plain && raw.size() >= 2 && raw.find('"', 1) == raw.size() - 1)
        return std::string(raw.substr(1, raw.size() - 2));
    ondemand::document document;
    std::string_view text;
    if (leaf_parser().iterate(padded(raw)).get(document) || document.get_string().get(text))
        return std::nullopt;
    return std::string(text);
}

bool is_number(std::string_view raw) noexcept {
    const auto digits = [&raw] {
        const auto end = raw.find_first_not_of("0123456789");
        const auto count = end == std::string_view::npos ? raw.size() : end;
        raw.remove_prefix(count);
        return count;
    };
    if (raw.starts_with('-'))
        raw.remove_prefix(1);
    const bool leading_zero = raw.starts_with('0');
    const auto whole_digits = digits();
    if (whole_digits == 0 || (leading_zero && whole_digits > 1))
        return false;
    if (raw.starts_with('.')) {
        raw.remove_prefix(1);
        if (digits() == 0)
            return false;
    }
    if (raw.starts_with('e') || raw.starts_with('E')) {
        raw.remove_prefix(1);
        if (raw.starts_with('+') || raw.starts_with('-'))
            raw.remove_prefix(1);
        if (digits() == 0)
            return false;
    }
    return raw.empty();
}

struct Document::Text {
    explicit Text(std::string_view text) : padded(text) {}
    simdjson::padded_string padded;
};

Document::Document(std::string_view text) : text_(std::make_unique<Text>(text)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Object Document::root() const {
    return index_object(std::string_view(text_->padded.data(), text_->padded.size()), "");
}

Object Document::root(std::string_view name, const Each& each) const try {
    ondemand::document document = list_parser().iterate(text_->padded);
    const auto visit = [&](std::string_view field, ondemand::value& value) {
        const std::string_view token = value.raw_json_token();
        if (field != name || !token.starts_with('['))
            return whole(value);
        std::size_t count = 0;
        for (ondemand::value element : value.get_array()) {
            const std::string_view start = element.raw_json_token();
            if (!start.starts_with('{')) {
                each(std::nullopt, whole(element));
            } else {
                std::string path = std::string(name) + "[" + std::to_string(count) + "]";
                Object item = Indexer(std::move(path)).run(element.get_object());
                const char* end = document.current_location();
                const auto size = static_cast<std::size_t>(end - start.data());
                Indexer::set_raw(item, trimmed({start.data(), size}));
                const std::string_view raw = item.raw();
                each(std::move(item), raw);
            }
            ++count;
        }
        return trimmed(token);
    };
    Object root = Indexer("").run(document.get_object(), visit);
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        throw FieldError("", "is not valid JSON: something follows the object");
    Indexer::set_raw(root, std::string_view(text_->padded.data(), text_->padded.size()));
    return root;
} catch (const simdjson::simdjson_error& error) {
    not_json("", error);
}

}  // namespace paysync::stripe
