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

std::string load(const std::optional<std::filesystem::path>& folder, const char* name) {
    if (!folder || !std::filesystem::exists(*folder / name))
        return built_in(name);
    std::ifstream file(*folder / name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file)
        throw std::runtime_error((*folder / name).string() + ": cannot be read");
    return text;
}

/// A template that cannot be filled in is found at the start, not with the first letter.
void try_out(const Templates& templates, const std::string& where) {
    store::Request request;
    request.to_email = "payer@example.com";
    request.amount = 100;
    request.currency = "usd";
    request.locale = "en";
    Sender sender;
    sender.from.address = "sender@example.com";
    sender.templates = templates;
    try {
        compose(request, "https://example.com/", std::nullopt, sender, 0);
    } catch (const std::invalid_argument& e) {
        throw std::runtime_error(where + ": " + e.what());
    }
}

}  // namespace

Templates load_templates(const std::optional<std::filesystem::path>& folder) {
    Templates templates;
    templates.subject = load(folder, "request.subject");
    templates.text = load(folder, "request.txt");
    templates.html = load(folder, "request.html");
    try_out(templates, folder ? folder->string() : "built-in templates");
    return templates;
}

}  // namespace paysync::payment_requests
