// SPDX-License-Identifier: MIT
#include "jobs/onboarding/settings_push.hpp"

#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/digest.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/file.hpp"
#include "jobs/stripe/form.hpp"

namespace paysync::onboarding {

namespace {

bool is_picture(const store::Setting& setting) {
    return setting.name == "logo" || setting.name == "icon";
}

/// Where Stripe keeps the setting.
std::string parameter_of(const std::string& name) {
    if (name == "default_currency")
        return name;
    if (name == "statement_descriptor")
        return "settings[payments][statement_descriptor]";
    return "settings[branding][" + name + "]";
}

/// Whether the error is about what was asked for, and not about us or the moment.
bool is_refusal(const stripe::Error& error) {
    return !error.retryable() && error.kind() == stripe::Error::Kind::bad_request;
}

}  // namespace

Task<void> SettingsPush::run(std::stop_token stop) {
    const auto wanted = co_await context_.db.run(store::settings_to_push, company_, account_id_);
    std::vector<store::Setting> ready;
    for (const auto& setting : wanted) {
        if (!is_picture(setting) || setting.value.empty() || !setting.file_id.empty()) {
            ready.push_back(setting);
            continue;
        }
        std::string refusal;
        try {
            ready.push_back(co_await with_file(setting, stop));
        } catch (const stripe::Error& e) {
            if (!is_refusal(e))
                throw;
            refusal = e.what();
        }
        if (!refusal.empty())
            co_await refuse(setting, refusal);
    }
    if (!ready.empty())
        co_await push(ready, stop);
}

/// The body of an upload is not text, so its call is stored by what makes it: purpose and content.
Task<store::Setting> SettingsPush::with_file(store::Setting setting, std::stop_token stop) {
    const auto purpose = "business_" + setting.name;
    const auto picture =
        co_await context_.db.run(store::picture_of, company_, setting.name, setting.value);
    if (!picture)
        throw std::runtime_error("the " + setting.name + " is in no version of the brand");
    const auto call = co_await context_.db.run(
        stripe::begin_call, "paysync:file:" + account_id_ + ":" + purpose + ":" + setting.value,
        account_id_, std::string("/v1/files"), "purpose=" + purpose + "&sha256=" + setting.value,
        std::string("file"), company_);
    crash_point("after-file-key");
    const auto upload = stripe::upload_of(purpose, picture->media_type, picture->content);
    const auto reply = co_await context_.stripe.post_file(call.account, call.key, upload,
                                                          stripe::Priority::interactive, stop);
    setting.file_id = stripe::parse_file(reply.body).id;
    crash_point("after-file-post");
    co_await context_.db.run(stripe::finish_call, call.key, reply.status, setting.file_id,
                             reply.request_id);
    co_await context_.db.run(store::file_uploaded, account_id_, purpose, setting.value,
                             setting.file_id);
    crash_point("after-file");
    co_return setting;
}

Task<void> SettingsPush::push(std::vector<store::Setting> settings, std::stop_token stop) {
    stripe::Form form;
    std::string versions;
    for (const auto& setting : settings) {
        form.add(parameter_of(setting.name),
                 setting.file_id.empty() ? setting.value : setting.file_id);
        versions += setting.name + "=" + std::to_string(setting.version) + ";";
    }
    // What is asked for again is another call: Stripe would only repeat its old answer.
    const auto key = "paysync:settings:" + account_id_ + ":" + sha256_hex(versions).substr(0, 32);
    const auto call = co_await context_.db.run(stripe::begin_call, key, std::string(),
                                               "/v1/accounts/" + account_id_, form.encoded(),
                                               std::string("settings"), company_);
    crash_point("after-settings-key");
    stripe::Reply reply;
    std::string refusal;
    try {
        reply = co_await context_.stripe.post(call.path, call.account, call.key, call.body,
                                              stripe::Priority::interactive, stop);
    } catch (const stripe::Error& e) {
        if (!is_refusal(e))
            throw;
        refusal = e.what();
    }
    crash_point("after-settings-post");
    if (refusal.empty()) {
        co_await context_.db.run(stripe::finish_call, call.key, reply.status, account_id_,
                                 reply.request_id);
        co_await context_.db.run(store::settings_applied, company_, account_id_, settings,
                                 reply.body);
        log::about()
            .company(company_)
            .account(account_id_)
            .info("company {}: {} settings were applied to account {}", company_, settings.size(),
                  account_id_);
    } else if (settings.size() == 1) {
        co_await refuse(settings.front(), refusal);
    } else {
        for (const auto& setting : settings) {
            std::vector<store::Setting> alone(1, setting);
            co_await push(std::move(alone), stop);
        }
    }
}

Task<void> SettingsPush::refuse(store::Setting setting, std::string words) {
    co_await context_.db.run(store::setting_refused, company_, account_id_, setting, words);
    log::about()
        .company(company_)
        .account(account_id_)
        .warn("company {}: Stripe refused the {} for account {}: {}", company_, setting.name,
              account_id_, words);
}

}  // namespace paysync::onboarding
