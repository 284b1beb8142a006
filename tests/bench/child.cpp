// SPDX-License-Identifier: MIT
#include "tests/bench/child.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace bench {

Child::Child(const std::vector<std::string>& arguments) {
    start([&](int out) {
        ::dup2(out, STDOUT_FILENO);
        std::vector<char*> words;
        std::vector<std::string> copies = arguments;
        for (std::string& each : copies) {
            words.push_back(each.data());
        }
        words.push_back(nullptr);
        ::execv(words[0], words.data());
    });
}

Child::Child(const std::function<void(int)>& work) {
    start(work);
}

void Child::start(const std::function<void(int)>& work) {
    int ends[2];
    if (::pipe(ends) != 0 || (pid_ = ::fork()) < 0) {
        throw std::runtime_error("cannot start a process");
    }
    if (pid_ == 0) {
        ::close(ends[0]);
        work(ends[1]);
        ::_exit(1);
    }
    ::close(ends[1]);
    char c = 0;
    while (::read(ends[0], &c, 1) == 1 && c != '\n') {
        line_ += c;
    }
    ::close(ends[0]);
    if (c != '\n') {
        throw std::runtime_error("the process ended before it was ready");
    }
}

Child::~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

double Child::cpu_seconds() const {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        throw std::runtime_error("cannot read the process's processor time");
    }
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double Child::resident_mib() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    std::string word;
    while (status >> word) {
        if (word == "VmRSS:") {
            double kib = 0;
            status >> kib;
            return kib / 1024;
        }
    }
    throw std::runtime_error("cannot read the process's memory");
}

}  // namespace bench
