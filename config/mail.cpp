// SPDX-License-Identifier: MIT
#include "config/names.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace paysync::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongestName = 40;

std::string read_address(const Section& section, std::string_view key, const std::string& address) {
    if (!is_mail_address(address)) {
        section.fail(key,
                     "must be a plain ASCII mail address (international domains in their xn-- "
                     "form), got " +
                         shown(address));
    }
    return address;
}

From read_from(const Section& section) {
    From from;
    from.address = read_address(section, "address", section.text("address"));
    from.name = section.text("name", "");
    section.finish();
    return from;
}

bool is_account_name(const std::string& name) {
    return name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

const MailAccount* named(const std::vector<MailAccount>& accounts, const std::string& name) {
    const auto found =
        std::find_if(accounts.begin(), accounts.end(),
                     [&](const MailAccount& account) { return account.name == name; });
    return found == accounts.end() ? nullptr : &*found;
}

std::vector<MailAccount> read_accounts(const Section& smtp, const Section& mail) {
    std::vector<MailAccount> accounts;
    const auto further = mail.sections("accounts");
    if (smtp.present() || further.empty())
        read_account(smtp, accounts.emplace_back());
    for (const auto& section : further) {
        MailAccount account;
        account.name = section.text("name");
        if (!is_account_name(account.name))
            section.fail("name", "must have 1 to " + std::to_string(kLongestName) +
                                     " lower-case letters, digits, '-' or '_', got " +
                                     shown(account.name));
        if (named(accounts, account.name))
            section.fail("name", "another mail account is named " + shown(account.name));
        if (section.has("from"))
            account.from = read_from(section.section("from"));
        read_account(section, account);
        accounts.push_back(std::move(account));
    }
    return accounts;
}

/// Mailbox providers accept 5 to 15 letters, digits, '-' and '_'.
std::optional<std::string> read_feedback_id(const Section& section) {
    const auto id = section.maybe_text("feedback_id");
    const bool fits =
        !id ||
        (id->size() >= 5 && id->size() <= 15 && std::all_of(id->begin(), id->end(), [](char c) {
             return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         }));
    if (!fits)
        section.fail("feedback_id",
                     "must have 5 to 15 letters, digits, '-' or '_', got " + shown(*id));
    return id;
}

std::optional<std::string> read_unsubscribe_url(const Section& section) {
    constexpr std::string_view kPlace = "{request_id}";
    const auto pattern = section.maybe_text("unsubscribe_url");
    if (!pattern)
        return pattern;
    const auto place = pattern->find(kPlace);
    if (place == std::string::npos)
        section.fail("unsubscribe_url", "must contain " + std::string(kPlace));
    try {
        parse_url(std::string(*pattern).replace(place, kPlace.size(), "1"));
    } catch (const std::invalid_argument& e) {
        section.fail("unsubscribe_url", e.what());
    }
    return pattern;
}

}  // namespace

Mail read_mail(const Section& section, const Section& smtp) {
    Mail mail;
    mail.accounts = read_accounts(smtp, section);
    mail.default_account = section.text("default_account", mail.accounts.front().name);
    if (!named(mail.accounts, mail.default_account))
        section.fail("default_account", "no mail account is named " + shown(mail.default_account));
    const Section bounces = section.section("bounces");
    mail.bounces = bounces.maybe_path("maildir");
    mail.bounces_every = bounces.duration("every", mail.bounces_every, 100ms, 24h);
    bounces.finish();
    mail.pause = section.duration("pause", mail.pause, 100ms, 5min);
    mail.throttle_pause = section.duration("throttle_pause", mail.throttle_pause, 100ms, 10min);
    mail.from = read_from(section.section("from"));
    if (const auto reply_to = section.maybe_text("reply_to"))
        mail.reply_to = read_address(section, "reply_to", *reply_to);
    mail.message_id_domain = section.text(
        "message_id_domain", mail.from.address.substr(mail.from.address.find('@') + 1));
    if (!is_domain(mail.message_id_domain))
        section.fail("message_id_domain", "must be a domain, got " + shown(mail.message_id_domain));
    mail.feedback_id = read_feedback_id(section);
    mail.unsubscribe_url = read_unsubscribe_url(section);
    mail.max_message_size =
        section.integer<std::int64_t>("max_message_size", mail.max_message_size, 100000, 100000000);
    mail.templates = section.maybe_path("templates");
    section.finish();
    return mail;
}

}  // namespace paysync::config
