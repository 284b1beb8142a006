// SPDX-License-Identifier: MIT
#include "jobs/onboarding/settings_push.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "jobs/digest.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/stripe/call_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/file.hpp"
#include "jobs/stripe/form.hpp"

namespace paysync::onboarding {

namespace {

bool is_picture(const store::Setting& setting) {
    return setting.name == "logo" || setting.name == "icon";
}

/// The name of the setting in Stripe's API.
std::string parameter_of(const std::string& name) {
    if (name == "default_currency")
        return name;
    if (name == "statement_descriptor")
        return "settings[payments][statement_descriptor]";
    return "settings[branding][" + name + "]";
}

/// Whether Stripe refused the value itself, rather than the key or the call.
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
            ready.push_back(co_await upload_picture(setting, stop));
        } catch (const stripe::Error& e) {
            if (!is_refusal(e))
                throw;
            refusal = e.what();
        }
        if (!refusal.empty())
            co_await record_refusal(setting, refusal);
    }
    if (!ready.empty())
        co_await push(ready, stop);
}

/// The body of an upload is binary, so the stored call has its purpose and hash instead.
Task<store::Setting> SettingsPush::upload_picture(store::Setting setting, std::stop_token stop) {
    const auto purpose = "business_" + setting.name;
    const auto picture =
        co_await context_.db.run(store::find_picture, company_, setting.name, setting.value);
    if (!picture)
        throw std::runtime_error("no version of the brand has this " + setting.name);
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
    co_await context_.db.run(store::record_uploaded_file, account_id_, purpose, setting.value,
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
    // The key contains the versions: the same settings, requested again, must be a new call, or
    // Stripe would repeat its old answer.
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
            .info("company {}: account {}: {} settings applied", company_, account_id_,
                  settings.size());
    } else if (settings.size() == 1) {
        co_await record_refusal(settings.front(), refusal);
    } else {
        for (const auto& setting : settings) {
            std::vector<store::Setting> alone(1, setting);
            co_await push(std::move(alone), stop);
        }
    }
}

Task<void> SettingsPush::record_refusal(store::Setting setting, std::string message) {
    co_await context_.db.run(store::setting_refused, company_, account_id_, setting, message);
    log::about()
        .company(company_)
        .account(account_id_)
        .warn("company {}: account {}: Stripe refused the setting {}: {}", company_, account_id_,
              setting.name, message);
}

}  // namespace paysync::onboarding
