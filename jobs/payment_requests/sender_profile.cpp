// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/sender_profile.hpp"

#include "config/config.hpp"
#include "jobs/embedded.hpp"
#include "jobs/payment_requests/compose_message.hpp"
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

std::string load_template(const std::optional<std::filesystem::path>& folder,
                          const std::string& name) {
    if (!folder || !std::filesystem::exists(*folder / name))
        return built_in_template(name);
    std::ifstream file(*folder / name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file)
        throw std::runtime_error((*folder / name).string() + ": cannot be read");
    return text;
}

/// So that a template which cannot be filled in stops the start, not the first message.
void try_templates(const SenderProfile& profile, const std::string& where) {
    for (const auto& [kind, texts] : profile.templates.texts) {
        try {
            compose_bytes(sample_delivery(kind), MailBranding(), profile, 0);
        } catch (const std::invalid_argument& e) {
            throw std::runtime_error(where + ": " + to_string(kind) + ": " + e.what());
        }
    }
}

MailTemplates load_templates(const std::optional<std::filesystem::path>& folder) {
    MailTemplates templates;
    templates.layout = load_template(folder, "layout.html");
    for (const auto kind : kDeliveryKinds) {
        const std::string name = to_string(kind);
        templates.texts[kind] = MessageTexts{load_template(folder, name + ".subject"),
                                             load_template(folder, name + ".txt"),
                                             load_template(folder, name + ".html")};
    }
    return templates;
}

}  // namespace

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
    profile.templates = load_templates(section.templates);
    try_templates(profile, section.templates ? section.templates->string() : "built-in templates");
    return profile;
}

}  // namespace paysync::payment_requests
