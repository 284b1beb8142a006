// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"

#include <algorithm>

namespace stripe_sim {
ApiError::ApiError(int status, const std::string& type, const std::string& code,
                   const std::string& message, const std::string& param)
    : std::runtime_error(message), status_(status), error_(Json::object()) {
    if (!code.empty()) {
        error_["code"] = code;
        std::string page = code;
        std::replace(page.begin(), page.end(), '_', '-');
        error_["doc_url"] = "https://stripe.com/docs/error-codes/" + page;
    }
    error_["message"] = message;
    if (!param.empty()) {
        error_["param"] = param;
    }
    error_["type"] = type;
}

std::string ApiError::body() const {
    return dump(Json{{"error", error_}});
}

ApiError& ApiError::forget() {
    remembered_ = false;
    return *this;
}

ApiError invalid_request(const std::string& message, const std::string& param,
                         const std::string& code) {
    return ApiError(400, kInvalidRequest, code, message, param);
}

ApiError parameter_missing(const std::string& param) {
    return parameter_invalid("parameter_missing", param, "Missing required param: " + param + ".");
}

ApiError parameter_unknown(const std::string& param) {
    return parameter_invalid("parameter_unknown", param, "Received unknown parameter: " + param);
}

ApiError parameter_invalid(const std::string& code, const std::string& param,
                           const std::string& message) {
    return ApiError(400, kInvalidRequest, code, message, param).forget();
}

ApiError resource_missing(const std::string& kind, const std::string& id,
                          const std::string& param) {
    return ApiError(404, kInvalidRequest, "resource_missing", "No such " + kind + ": '" + id + "'",
                    param);
}

ApiError account_invalid(const std::string& key, const std::string& account) {
    return ApiError(403, kInvalidRequest, "account_invalid",
                    "The provided key '" + masked_key(key) + "' does not have access to account '" +
                        account +
                        "' (or that account does not exist). Application access may have been "
                        "revoked.");
}

ApiError permission_missing(const std::string& key, const std::string& account,
                            const std::string& permission) {
    return ApiError(403, kInvalidRequest, "",
                    "The provided key '" + masked_key(key) +
                        "' does not have the required permissions for this endpoint on account '" +
                        account + "'. Having the '" + permission +
                        "' permission would allow this request to continue.");
}

ApiError unknown_path(const std::string& method, const std::string& path) {
    return ApiError(404, kInvalidRequest, "",
                    "Unrecognized request URL (" + method + ": " + path +
                        "). Please see https://stripe.com/docs or we can help at "
                        "https://support.stripe.com/.")
        .forget();
}

std::string masked_key(const std::string& key) {
    if (key.size() <= 12) {
        return std::string(key.size(), '*');
    }
    return key.substr(0, 8) + std::string(key.size() - 12, '*') + key.substr(key.size() - 4);
}

}  // namespace stripe_sim
