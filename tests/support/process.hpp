// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace paysync::test {

/// A program started by the test, killed at the end if it still runs.
class Process {
public:
    /// Appends standard output and standard error to `log`.
    Process(const std::vector<std::string>& command,
            const std::map<std::string, std::string>& environment,
            const std::filesystem::path& log);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    bool running();
    void signal(int number);
    /// Waits for the end. Returns the exit code, or the negative number of the signal that ended
    /// it.
    int wait();

private:
    pid_t pid_;
    std::optional<int> ended_;
};

/// Runs a program to its end; returns its exit code and all that it printed.
std::pair<int, std::string> run_program(const std::vector<std::string>& command,
                                        const std::map<std::string, std::string>& environment = {});

}  // namespace paysync::test
