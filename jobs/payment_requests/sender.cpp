// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/sender.hpp"

#include "jobs/embedded.hpp"
#include "jobs/payment_requests/letter.hpp"
#include "jobs/payment_requests/sample.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace paysync::payment_requests {

namespace {

std::string built_in(std::string_view name) {
    for (const auto& file : embedded::mail_templates())
        if (file.name == name)
            return std::string(file.text);
    throw std::logic_error("no built-in template " + std::string(name));
}

std::string load(const std::optional<std::filesystem::path>& folder, const std::string& name) {
    if (!folder || !std::filesystem::exists(*folder / name))
        return built_in(name);
    std::ifstream file(*folder / name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file)
        throw std::runtime_error((*folder / name).string() + ": cannot be read");
    return text;
}

/// A template that cannot be filled in is found at the start, not with the first mail.
void try_out(const Sender& sender, const std::string& where) {
    for (const auto& [kind, texts] : sender.templates.texts) {
        try {
            compose(sample(kind), Stationery(), sender, 0);
        } catch (const std::invalid_argument& e) {
            throw std::runtime_error(where + ": " + to_string(kind) + ": " + e.what());
        }
    }
}

Templates load_templates(const std::optional<std::filesystem::path>& folder) {
    Templates templates;
    templates.layout = load(folder, "layout.html");
    for (const auto kind : {Kind::request, Kind::reminder, Kind::receipt, Kind::notice}) {
        const std::string name = to_string(kind);
        templates.texts[kind] = Texts{load(folder, name + ".subject"), load(folder, name + ".txt"),
                                      load(folder, name + ".html")};
    }
    return templates;
}

}  // namespace

Sender sender_from(const config::Mail& section) {
    Sender sender;
    sender.from.address = section.from.address;
    sender.from.name = section.from.name;
    if (section.reply_to)
        sender.reply_to = mail::Mailbox{"", *section.reply_to};
    for (const auto& account : section.accounts) {
        if (!account.from)
            continue;
        const mail::Mailbox from{account.from->name, account.from->address};
        sender.from_of_account[account.name] = from;
        if (account.name == section.default_account)
            sender.from_of_account[""] = from;
    }
    sender.message_id_domain = section.message_id_domain;
    sender.feedback_id = section.feedback_id.value_or("");
    sender.unsubscribe_url = section.unsubscribe_url.value_or("");
    sender.templates = load_templates(section.templates);
    try_out(sender, section.templates ? section.templates->string() : "built-in templates");
    return sender;
}

}  // namespace paysync::payment_requests
