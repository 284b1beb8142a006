// SPDX-License-Identifier: MIT
#pragma once

#include "config/error.hpp"

#include <iosfwd>
#include <memory>
#include <string>

namespace paysync::config {

/// A value that the configuration names but does not hold. It is read from its file at first use,
/// kept, wiped at the end, and has no way to be printed. Copies share one value; any thread may use
/// it.
class Secret {
public:
    enum class Kind {
        file,       ///< a file that only its owner may read
        credential  ///< a file in $CREDENTIALS_DIRECTORY (systemd's LoadCredential=)
    };

    /// Where the configuration names the secret; errors begin with it.
    struct Place {
        std::string file;
        Position at;
        std::string key;
    };

    /// `name` is an absolute path or the credential's name.
    Secret(Kind kind, std::string name, Place place);

    /// The value, without one newline at its end. Throws Error when it cannot be read, is empty,
    /// has control bytes or line breaks in it, or could have been read by others.
    const std::string& reveal() const;

    /// The same, read again each time and not kept: for a token that another program renews.
    std::string read_again() const;

    /// `file /etc/paysync/key` or `credential stripe-key`, for messages.
    std::string source() const;

    /// Refuses the value, which the message must not repeat.
    [[noreturn]] void fail(const std::string& message) const;

    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

private:
    struct State;

    std::shared_ptr<State> state_;
};

}  // namespace paysync::config
