// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/sender_profile.hpp"

#include "config/config.hpp"
#include "jobs/embedded.hpp"
#include "jobs/payment_requests/mail_words.hpp"
#include "jobs/payment_requests/sample_delivery.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace paysync::payment_requests {

namespace {

std::string built_in_template(std::string_view name) {
    for (const auto& file : embedded::mail_templates())
        if (file.name == name)
            return std::string(file.text);
    throw std::logic_error("no built-in template " + std::string(name));
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file)
        throw std::runtime_error(path.string() + ": cannot be read");
    return text;
}

/// Finds the templates of one language.
class TemplateFolder {
public:
    TemplateFolder(const std::optional<std::filesystem::path>& folder, std::string language)
        : folder_(folder),
          language_(std::move(language)),
          words_(parse_words(built_in_template("words." + language_))) {}

    /// The template `stem` + `ending`, such as request and .html.
    std::string load(const std::string& stem, const std::string& ending) {
        const auto escape = ending == ".html" ? mail::Escape::html : mail::Escape::none;
        for (const auto& name : {stem + "." + language_ + ending, stem + ending}) {
            if (!folder_ || !std::filesystem::exists(*folder_ / name))
                continue;
            // A file without a language is for all, and its words are in one that only its author
            // knows.
            is_foreign_ = is_foreign_ || name == stem + ending;
            return with_words(read_file(*folder_ / name), words_, escape);
        }
        return with_words(built_in_template(stem + ending), words_, escape);
    }

    MessageTexts texts_of(const std::string& kind) {
        is_foreign_ = false;
        MessageTexts texts;
        texts.subject = load(kind, ".subject");
        texts.text = load(kind, ".txt");
        texts.html = load(kind, ".html");
        texts.language = is_foreign_ ? std::string(kMailLanguages[0]) : language_;
        return texts;
    }

private:
    std::optional<std::filesystem::path> folder_;
    std::string language_;
    MailWords words_;
    bool is_foreign_ = false;
};

/// So that a template which cannot be filled in stops the start, not the first message. Takes about
/// a second.
void try_templates(const SenderProfile& profile, const std::string& where) {
    for (const auto language : kMailLanguages)
        for (const auto kind : kDeliveryKinds) {
            try {
                try_samples(kind, std::string(language), MailBranding(), profile);
            } catch (const std::invalid_argument& e) {
                throw std::runtime_error(where + ": " + to_string(kind) + ": " + e.what());
            }
        }
}

MailTemplates load_templates(const std::optional<std::filesystem::path>& folder,
                             std::string_view language) {
    TemplateFolder files(folder, std::string(language));
    MailTemplates templates;
    templates.layout = files.load("layout", ".html");
    for (const auto kind : kDeliveryKinds)
        templates.texts[kind] = files.texts_of(to_string(kind));
    return templates;
}

}  // namespace

const MailTemplates& SenderProfile::templates_for(std::string_view locale) const {
    return templates.find(mail_language(locale))->second;
}

SenderProfile sender_profile_from(const config::Mail& section) {
    SenderProfile profile;
    profile.from.address = section.from.address;
    profile.from.name = section.from.name;
    if (section.reply_to)
        profile.reply_to = mail::Mailbox{"", *section.reply_to};
    for (const auto& account : section.accounts) {
        if (!account.from)
            continue;
        const mail::Mailbox from{account.from->name, account.from->address};
        profile.from_of_account[account.name] = from;
        if (account.name == section.default_account)
            profile.from_of_account[""] = from;
    }
    profile.message_id_domain = section.message_id_domain;
    profile.feedback_id = section.feedback_id.value_or("");
    profile.unsubscribe_url = section.unsubscribe_url.value_or("");
    const auto where = section.templates ? section.templates->string() : "built-in templates";
    for (const auto language : kMailLanguages) {
        try {
            profile.templates[std::string(language)] = load_templates(section.templates, language);
        } catch (const std::invalid_argument& e) {
            throw std::runtime_error(where + ": " + e.what());
        }
    }
    if (section.templates)  // tests try the built-in ones
        try_templates(profile, where);
    return profile;
}

}  // namespace paysync::payment_requests
