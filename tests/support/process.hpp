// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace paysync::test {

/// A program that the test started; killed at the end when it still runs.
class Process {
public:
    /// Output of both kinds is appended to `log`.
    Process(const std::vector<std::string>& command,
            const std::map<std::string, std::string>& environment,
            const std::filesystem::path& log);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    bool running();
    void signal(int number);
    /// Waits for the end: the exit code, or the negative number of the signal that ended it.
    int wait();

private:
    pid_t pid_;
    std::optional<int> ended_;
};

/// Runs a program to its end; yields its exit code and all it printed.
std::pair<int, std::string> run_program(const std::vector<std::string>& command,
                                        const std::map<std::string, std::string>& environment = {});

}  // namespace paysync::test
