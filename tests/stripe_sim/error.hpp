// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <stdexcept>
#include <string>

namespace stripe_sim {

/// The `type` of errors about the request itself.
constexpr const char* kInvalidRequest = "invalid_request_error";

/// An error answer: its status and the members of its `error` object.
class ApiError : public std::runtime_error {
public:
    ApiError(int status, const std::string& type, const std::string& code,
             const std::string& message, const std::string& param = "");

    int status() const { return status_; }
    const Json& error() const { return error_; }
    /// The whole body as JSON.
    std::string body() const;
    /// Whether an idempotency key remembers this answer. It does not if the parameters failed
    /// validation.
    bool remembered() const { return remembered_; }
    /// Marks the error as one that no idempotency key remembers.
    ApiError& forget();

private:
    int status_;
    Json error_;
    bool remembered_ = true;
};

ApiError invalid_request(const std::string& message, const std::string& param = "",
                         const std::string& code = "");
ApiError parameter_missing(const std::string& param);
ApiError parameter_unknown(const std::string& param);
ApiError parameter_invalid(const std::string& code, const std::string& param,
                           const std::string& message);
ApiError resource_missing(const std::string& kind, const std::string& id, const std::string& param);
ApiError account_invalid(const std::string& key, const std::string& account);
/// The 403 of a key without the permission. Unlike account_invalid() it has no code.
ApiError permission_missing(const std::string& key, const std::string& account,
                            const std::string& permission);
ApiError unknown_path(const std::string& method, const std::string& path);

/// The secret key as error messages show it.
std::string masked_key(const std::string& key);

}  // namespace stripe_sim
