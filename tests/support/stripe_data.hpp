// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace paysync {

/// A file of Stripe's own data, from $PAYSYNC_STRIPE_DATA or from shared/stripe-data beside the
/// checkout. Nothing if it is missing, which is not an error: the data is not part of the project.
inline std::optional<std::string> stripe_data(const std::string& name) {
    const char* folder = std::getenv("PAYSYNC_STRIPE_DATA");
    auto path =
        std::filesystem::path(folder ? folder : PAYSYNC_SOURCE_DIR "/../shared/stripe-data") / name;
    return std::filesystem::exists(path) ? std::optional(path.string()) : std::nullopt;
}

}  // namespace paysync
