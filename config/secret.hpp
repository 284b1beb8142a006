// SPDX-License-Identifier: MIT
#pragma once

#include "config/error.hpp"

#include <iosfwd>
#include <memory>
#include <string>

namespace paysync::config {

/// A secret that the configuration names, such as `{ file: /etc/paysync/stripe-key }`. The value is
/// read at the first use, kept in memory and wiped in the destructor. A Secret cannot be printed or
/// logged by accident: only reveal() and read_again() return the value. Copies share the value. Any
/// thread may use it.
class Secret {
public:
    enum class Kind {
        file,       ///< a file that only its owner can access
        credential  ///< a file in $CREDENTIALS_DIRECTORY (LoadCredential= of systemd)
    };

    /// Where the configuration names the secret; for errors.
    struct Place {
        std::string file;
        Position at;
        std::string key;
    };

    /// `name` is an absolute path or the credential's name.
    Secret(Kind kind, std::string name, Place place);

    /// The value without the line break at its end. Throws Error if the file cannot be read, if
    /// others than its owner have access, or if the value is empty or contains control bytes.
    const std::string& reveal() const;

    /// As reveal(), but reads the file each time: for a token that another program renews.
    std::string read_again() const;

    /// `file /etc/paysync/key` or `credential stripe-key`, for error messages.
    std::string source() const;

    /// Throws Error at the secret's place. The message must not repeat the value.
    [[noreturn]] void fail(const std::string& message) const;

    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

private:
    struct State;

    std::shared_ptr<State> state_;
};

}  // namespace paysync::config
