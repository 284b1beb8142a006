// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/authorization.hpp"

#include "tests/stripe_sim/api.hpp"

namespace stripe_sim {
namespace {

Json token(World& world, const FormPairs& form) {
    std::string grant = form_value(form, "grant_type");
    if (grant.empty()) {
        throw ApiError(400, "invalid_request", "", "No grant type specified");
    }
    std::string scope = form_value(form, "scope");
    if (!scope.empty() && scope != "read_only" && scope != "read_write") {
        throw ApiError(400, "invalid_scope", "", "Invalid scope: " + scope);
    }
    if (grant == "refresh_token") {
        std::string token = form_value(form, "refresh_token");
        if (token.empty()) {
            throw ApiError(400, "invalid_request", "", "No refresh token provided");
        }
        return world.refresh_token(token, scope);
    }
    if (grant != "authorization_code") {
        throw ApiError(400, "unsupported_grant_type", "", "Invalid grant type: " + grant);
    }
    std::string code = form_value(form, "code");
    if (code.empty()) {
        throw ApiError(400, "invalid_request", "", "No code provided");
    }
    return world.exchange_code(code);
}

Json deauthorize(World& world, const Options& options, const FormPairs& form) {
    std::string id = form_value(form, "stripe_user_id");
    if (form_value(form, "client_id") != options.client_id) {
        throw ApiError(401, "invalid_client", "",
                       "No such application: '" + form_value(form, "client_id") + "'");
    }
    if (id.empty()) {
        throw ApiError(400, "invalid_request", "", "No stripe_user_id provided");
    }
    auto guard = world.lock();
    Account* account = world.access(id);
    if (account == nullptr || account == &world.platform()) {
        throw ApiError(400, "invalid_request", "",
                       "This application is not connected to stripe account " + id +
                           ", or that account does not exist.");
    }
    // Not documented by Stripe: whether it refuses this for accounts that a platform created.
    if (text_of(world.account_json(id), "type") != "standard") {
        throw ApiError(400, "invalid_request", "",
                       "This account cannot be deauthorized: it is controlled by the platform.");
    }
    world.deauthorize(id);
    return {{"stripe_user_id", id}};
}

/// Decodes base64 up to the first invalid byte; enough for a user name.
std::string decode_base64(const std::string& text) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int have = 0;
    for (char c : text) {
        size_t digit = digits.find(c);
        if (digit == std::string::npos) {
            break;
        }
        bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffU;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out += static_cast<char>(bits >> have & 0xffU);
        }
    }
    return out;
}

}  // namespace

Json oauth_call(World& world, const Options& options, const Call& call, const FormPairs& form,
                const std::string& key) {
    if (key != options.key) {
        throw ApiError(401, "invalid_client", "", "Invalid API Key provided: " + masked_key(key));
    }
    if (call.method == "POST" && call.path == "/oauth/token") {
        return token(world, form);
    }
    if (call.method == "POST" && call.path == "/oauth/deauthorize") {
        return deauthorize(world, options, form);
    }
    throw ApiError(404, "invalid_request", "", "Unrecognized request URL");
}

void check_scope(const Account& account, const std::string& key) {
    if (account.state.scope == "read_only") {
        throw ApiError(403, "invalid_request_error", "",
                       "The provided key '" + masked_key(key) +
                           "' does not have the required permissions for this endpoint on account "
                           "'" +
                           account.id +
                           "'. Having the 'read_write' scope would allow this request to "
                           "continue.");
    }
}

std::string key_of(const std::string& authorization) {
    if (authorization.starts_with("Bearer ")) {
        return authorization.substr(7);
    }
    if (authorization.starts_with("Basic ")) {
        std::string user = decode_base64(authorization.substr(6));
        return user.substr(0, user.find(':'));
    }
    return "";
}

}  // namespace stripe_sim
