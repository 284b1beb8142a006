// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/process.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace paysync::test {

/// A message bus like the system's, with the policy that the package installs. It ends with the
/// test.
class MessageBus {
public:
    MessageBus();
    ~MessageBus();
    MessageBus(const MessageBus&) = delete;
    MessageBus& operator=(const MessageBus&) = delete;

    const std::string& address() const noexcept { return address_; }
    /// Ends the bus, and starts it again at the same address.
    void kill();
    void start();

    /// Runs busctl; returns its exit code and all that it printed.
    std::pair<int, std::string> busctl(std::vector<std::string> arguments) const;
    /// The same as the user nobody; needs root.
    std::pair<int, std::string> busctl_as_nobody(std::vector<std::string> arguments) const;
    /// Runs any program as the user nobody.
    std::pair<int, std::string> as_nobody(std::vector<std::string> command) const;
    /// A folder in which that user can read files.
    const std::filesystem::path& folder() const noexcept { return folder_; }

private:
    std::filesystem::path folder_;
    std::string address_;
    std::unique_ptr<Process> daemon_;
};

}  // namespace paysync::test
