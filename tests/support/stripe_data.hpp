// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace paysync {

/// A file of Stripe's own data: in $PAYSYNC_STRIPE_DATA, or beside the checkout in
/// shared/stripe-data. Nothing if it is not there, which is no mistake: the data is no part of the
/// project.
inline std::optional<std::string> stripe_data(const std::string& name) {
    const char* folder = std::getenv("PAYSYNC_STRIPE_DATA");
    auto path =
        std::filesystem::path(folder ? folder : PAYSYNC_SOURCE_DIR "/../shared/stripe-data") / name;
    return std::filesystem::exists(path) ? std::optional(path.string()) : std::nullopt;
}

}  // namespace paysync
