// SPDX-License-Identifier: MIT
#include "jobs/embedded.hpp"
#include "jobs/payment_requests/letter.hpp"
#include "jobs/payment_requests/settings.hpp"

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

/// The texts of one kind; the HTML stands in the layout that all kinds share.
Texts load_texts(const std::optional<std::filesystem::path>& folder, const std::string& layout,
                 const std::string& kind) {
    constexpr std::string_view kBody = "{{BODY}}";
    Texts texts;
    texts.subject = load(folder, kind + ".subject");
    texts.text = load(folder, kind + ".txt");
    const auto body = layout.find(kBody);
    if (body == std::string::npos)
        throw std::runtime_error("layout.html: has no {{BODY}}");
    texts.html = layout;
    texts.html.replace(body, kBody.size(), load(folder, kind + ".html"));
    return texts;
}

/// A template that cannot be filled in is found at the start, not with the first mail.
void try_out(const Templates& templates, const std::string& where) {
    Sender sender;
    sender.from.address = "sender@example.com";
    sender.templates = templates;
    for (const auto kind : {Kind::request, Kind::reminder, Kind::receipt, Kind::notice}) {
        Delivery delivery;
        delivery.kind = kind;
        delivery.recipient = "payer@example.com";
        delivery.request.to_email = delivery.recipient;
        delivery.request.amount = 100;
        delivery.request.currency = "usd";
        delivery.request.locale = "en";
        delivery.request.link_url = "https://example.com/";
        try {
            compose(delivery, std::nullopt, sender, 0);
        } catch (const std::invalid_argument& e) {
            throw std::runtime_error(where + ": " + to_string(kind) + ": " + e.what());
        }
    }
}

}  // namespace

Templates load_templates(const std::optional<std::filesystem::path>& folder) {
    const auto layout = load(folder, "layout.html");
    Templates templates;
    templates.request = load_texts(folder, layout, "request");
    templates.reminder = load_texts(folder, layout, "reminder");
    templates.receipt = load_texts(folder, layout, "receipt");
    templates.notice = load_texts(folder, layout, "notice");
    try_out(templates, folder ? folder->string() : "built-in templates");
    return templates;
}

}  // namespace paysync::payment_requests
