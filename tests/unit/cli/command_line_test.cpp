// SPDX-License-Identifier: MIT
#include "daemon/base/cli/command_line.hpp"

#include <gtest/gtest.h>
#include <sysexits.h>

#include <string>
#include <vector>

namespace paysync::cli {
namespace {

/// A small program like paysyncctl, and what it says about a command line.
class CommandLine : public testing::Test {
protected:
    CommandLine() {
        auto top = program_.command();
        top.require_command();
        program_.options_may_follow_commands();
        program_.suggest_with([](std::string_view word, const std::vector<std::string>& known) {
            for (const auto& candidate : known)
                if (candidate.size() == word.size() && candidate.back() == word.back())
                    return candidate;
            return std::string();
        });
        auto list = top.add("list", "lists");
        list.number("-n,--limit", limit_, "how many").show_default().positive();
        list.number("--times", times_, "how often").between(1, 1000);
        list.flag("--json", json_, "as JSON");
        list.text("--format", format_, "how").one_of({"table", "csv"});
        auto accept = top.add("accept", "accepts");
        accept.number("id", id_, "which").required().positive();
        accept.text("--because", reason_, "why").required();
        auto mail = top.add("mail", "messages");
        mail.require_command();
        auto resolve = mail.add("resolve", "settles");
        resolve.text("id", reason_, "which").required();
        auto how = resolve.exactly_one("how");
        const auto sent = how.flag("--sent", json_, "arrived");
        how.flag("--resend", resend_, "again").excludes(sent);
        mail.add("failed", "lists");
    }

    /// The exit code is checked. Empty when the program may go on.
    std::string problem_of(std::vector<std::string> words) {
        words.insert(words.begin(), "tool");
        std::vector<char*> arguments;
        for (auto& word : words)
            arguments.push_back(word.data());
        testing::internal::CaptureStderr();
        const auto code = program_.parse(static_cast<int>(arguments.size()), arguments.data());
        const auto said = testing::internal::GetCapturedStderr();
        EXPECT_EQ(code.value_or(EX_USAGE), EX_USAGE);
        EXPECT_EQ(code.has_value(), !said.empty());
        return said;
    }

    Program program_{"tool", "Does things."};
    int limit_ = 50;
    int times_ = 1;
    std::int64_t id_ = 0;
    std::string reason_;
    std::string format_;
    bool json_ = false;
    bool resend_ = false;
};

std::string list_error(const std::string& problem) {
    return "tool list: " + problem + "\nSee 'tool list --help'.\n";
}

TEST_F(CommandLine, NamesTheRangeOfANumber) {
    EXPECT_EQ(problem_of({"list", "-n", "0"}), list_error("--limit: must be at least 1, not 0"));
    EXPECT_EQ(problem_of({"list", "-n", "-5"}), list_error("--limit: must be at least 1, not -5"));
    EXPECT_EQ(problem_of({"list", "--times", "1001"}),
              list_error("--times: must be from 1 to 1000, not 1001"));
    for (const auto* word : {"abc", "0x10", "1.5", "1e3"})
        EXPECT_EQ(problem_of({"list", "-n", word}),
                  list_error(std::string("--limit: must be a whole number, not ") + word))
            << word;
}

TEST_F(CommandLine, NamesTheChoicesOfAnOption) {
    EXPECT_EQ(problem_of({"list", "--format", "xml"}),
              list_error("--format: must be one of table, csv, not xml"));
    std::vector<std::string> choices;
    for (const auto& command : program_.describe())
        for (const auto& option : command.options)
            choices.insert(choices.end(), option.choices.begin(), option.choices.end());
    EXPECT_EQ(choices, (std::vector<std::string>{"table", "csv"}));
}

TEST_F(CommandLine, ReadsNumbersInDecimalDigitsAndCutsNone) {
    EXPECT_EQ(problem_of({"list", "-n", "010"}), "");
    EXPECT_EQ(limit_, 10);
    EXPECT_EQ(problem_of({"accept", "9223372036854775807", "--because", "x"}), "");
    EXPECT_EQ(id_, 9223372036854775807);
    EXPECT_NE(problem_of({"accept", "9223372036854775808", "--because", "x"})
                  .find("tool accept: id: must be from "),
              std::string::npos);
    EXPECT_NE(problem_of({"list", "-n", "2147483648"}).find("to 2147483647, not 2147483648"),
              std::string::npos);
}

TEST_F(CommandLine, NamesTheNearestCommandAndOption) {
    EXPECT_EQ(problem_of({"lost"}),
              "tool: there is no command 'lost'; did you mean 'list'?\nSee 'tool --help'.\n");
    EXPECT_EQ(problem_of({"unlike"}), "tool: there is no command 'unlike'\nSee 'tool --help'.\n");
    EXPECT_EQ(problem_of({"mail", "reslove", "x"}),
              "tool mail: there is no command 'mail reslove'; did you mean 'mail resolve'?\n"
              "See 'tool mail --help'.\n");
    EXPECT_EQ(problem_of({"list", "--jsan"}),
              list_error("there is no option '--jsan'; did you mean '--json'?"));
    EXPECT_EQ(problem_of({"list", "--unlike=3"}), list_error("there is no option '--unlike'"));
}

TEST_F(CommandLine, SaysWhatIsMissingOrTooMuch) {
    EXPECT_EQ(problem_of({}), "tool: a command is missing\nSee 'tool --help'.\n");
    EXPECT_EQ(problem_of({"mail"}),
              "tool mail: a command is missing: one of 'mail resolve', 'mail failed'\n"
              "See 'tool mail --help'.\n");
    EXPECT_EQ(problem_of({"list", "x"}), list_error("'x' is an argument too many"));
    EXPECT_EQ(problem_of({"list", "-n"}), list_error("--limit needs a value"));
    EXPECT_EQ(problem_of({"accept"}), "tool accept: id is required\nSee 'tool accept --help'.\n");
    EXPECT_EQ(problem_of({"mail", "resolve", "x"}),
              "tool mail resolve: exactly one of these options is required: --sent,--resend\n"
              "See 'tool mail resolve --help'.\n");
    EXPECT_EQ(problem_of({"mail", "resolve", "x", "--sent", "--resend"}),
              "tool mail resolve: --sent cannot be given together with --resend\n"
              "See 'tool mail resolve --help'.\n");
}

}  // namespace
}  // namespace paysync::cli
