// SPDX-License-Identifier: MIT
#include "tests/support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace paysync::test {

namespace {

int decoded(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

Process::Process(const std::vector<std::string>& command,
                 const std::map<std::string, std::string>& environment,
                 const std::filesystem::path& log) {
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::runtime_error("fork failed");
    if (pid_ > 0)
        return;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    for (const auto& [name, value] : environment)
        ::setenv(name.c_str(), value.c_str(), 1);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

Process::~Process() {
    if (running()) {
        signal(SIGKILL);
        wait();
    }
}

bool Process::running() {
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
        ended_ = decoded(status);
    return !ended_;
}

void Process::signal(int number) {
    if (running())
        ::kill(pid_, number);
}

int Process::wait() {
    if (!ended_) {
        int status = 0;
        if (::waitpid(pid_, &status, 0) != pid_)
            throw std::runtime_error("waitpid failed");
        ended_ = decoded(status);
    }
    return *ended_;
}

std::pair<int, std::string> run_program(const std::vector<std::string>& command,
                                        const std::map<std::string, std::string>& environment) {
    char name[] = "/tmp/paysync-run.XXXXXX";
    const int file = ::mkstemp(name);
    ::close(file);
    const int code = Process(command, environment, name).wait();
    std::ifstream in(name);
    std::string out{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    ::unlink(name);
    return {code, out};
}

}  // namespace paysync::test
