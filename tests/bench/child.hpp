// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Another process, killed with this object. It writes one line when it is ready.
class Child {
public:
    /// Starts a program.
    explicit Child(const std::vector<std::string>& arguments);
    /// Forks. The child calls `work` with the descriptor for its line, and then exits.
    explicit Child(const std::function<void(int)>& work);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    const std::string& first_line() const { return line_; }
    /// The CPU time of all its threads so far, in user mode and in the kernel.
    double cpu_seconds() const;
    double resident_mib() const;

private:
    void start(const std::function<void(int)>& work);

    pid_t pid_ = -1;
    std::string line_;
};

}  // namespace bench
