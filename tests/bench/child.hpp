// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Another process, ended with this object. It writes one line when it is ready.
class Child {
public:
    /// Starts a program.
    explicit Child(const std::vector<std::string>& arguments);
    /// Forks; the child calls `work` with the descriptor to write its line to, and then ends.
    explicit Child(const std::function<void(int)>& work);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    const std::string& first_line() const { return line_; }
    /// The processor time that all its threads have used, in user mode and in the kernel.
    double cpu_seconds() const;
    double resident_mib() const;

private:
    void start(const std::function<void(int)>& work);

    pid_t pid_ = -1;
    std::string line_;
};

}  // namespace bench
