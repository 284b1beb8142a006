// SPDX-License-Identifier: MIT
#include "daemon/base/mail/template.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_dictionary.h>

#include <memory>
#include <stdexcept>

namespace paysync::mail {

namespace {

/// ctemplate replaces an unknown name by nothing; in a message about money that must not go
/// unnoticed.
void refuse_unknown_names(const std::string& text, const Values& values) {
    for (auto open = text.find("{{"); open != std::string::npos; open = text.find("{{", open + 2)) {
        const auto close = text.find("}}", open);
        if (close == std::string::npos)
            throw std::invalid_argument("template: '{{' without '}}'");
        auto name = text.substr(open + 2, close - open - 2);
        if (!name.empty() && (name[0] == '#' || name[0] == '/'))
            name.erase(0, 1);
        if (!name.empty() && (name[0] == '!' || name[0] == '%'))
            continue;
        if (!values.count(name))
            throw std::invalid_argument("template: unknown name '" + name + "'");
    }
}

/// Escaping for HTML turns line ends into blanks, so a value of several lines gets the modifier
/// that keeps them (":p").
std::string keeping_lines(std::string text, const Values& values) {
    for (const auto& [name, value] : values) {
        if (value.find('\n') == std::string::npos)
            continue;
        const auto tag = "{{" + name + "}}";
        const auto with_lines = "{{" + name + ":p}}";
        for (auto at = text.find(tag); at != std::string::npos;
             at = text.find(tag, at + with_lines.size()))
            text.replace(at, tag.size(), with_lines);
    }
    return text;
}

}  // namespace

std::string render(const std::string& text, const Values& values, Escape escape) {
    refuse_unknown_names(text, values);
    const std::string whole = escape == Escape::html
                                  ? "{{%AUTOESCAPE context=\"HTML\"}}" + keeping_lines(text, values)
                                  : text;
    const std::unique_ptr<ctemplate::Template> parsed(
        ctemplate::Template::StringToTemplate(whole, ctemplate::DO_NOT_STRIP));
    if (!parsed)
        throw std::invalid_argument("template: does not parse");

    ctemplate::TemplateDictionary dictionary("message");
    for (const auto& [name, value] : values) {
        dictionary.SetValue(name, value);
        if (!value.empty())
            dictionary.ShowSection(name);
    }
    std::string out;
    if (!parsed->Expand(&out, &dictionary))
        throw std::invalid_argument("template: cannot be filled in");
    return out;
}

}  // namespace paysync::mail
