// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// Command lines: options, commands, help texts, and a description of them for shell completion.
///
/// The parser is CLI11. Its headers are large templates, and every call of add_option() compiles
/// some of them again, so command_line.cpp alone includes them. Everything else uses the classes
/// below, which add options of a few fixed types.
///
///     cli::Program program("hello", "Greets somebody.");
///     std::string whom = "world";
///     bool loud = false;
///     program.command().text("whom", whom, "name of the person").show_default();
///     program.command().flag("-l,--loud", loud, "use capital letters");
///     if (const auto code = program.parse(argc, argv))
///         return *code;
namespace paysync::cli {

/// A value that fits no option of the parser, found by Command::check(). parse() prints
/// `OPTION: PROBLEM` and yields the exit code for a wrong command line.
class UsageError final : public std::runtime_error {
public:
    UsageError(std::string option, const std::string& problem)
        : std::runtime_error(problem), option_(std::move(option)) {}
    const std::string& option() const noexcept { return option_; }

private:
    std::string option_;
};

/// Returns the candidate that is most like a misspelt word, or an empty text.
using Nearest =
    std::function<std::string(std::string_view word, const std::vector<std::string>& candidates)>;

/// One option or positional argument; a handle to what the Program owns. The setters yield the
/// option itself, so that they can be chained.
class Option {
public:
    explicit Option(CLI::Option* option) : option_(option) {}

    Option required();
    /// Shows the variable's present value as the default in the help text.
    Option show_default();
    /// Not together with the other one.
    Option excludes(const Option& other);
    /// Only together with the other one.
    Option needs(const Option& other);

    /// The value must be one of these; they are shown in the help text and completed by the shell.
    Option one_of(std::vector<std::string> choices);
    /// For numbers: the error names the range, `--times: must be from 1 to 1000, not 0`.
    Option between(int least, int most);
    /// For numbers: at least 1.
    Option positive();
    /// `find_problem` yields what is wrong with a value, in a few words; empty when nothing is.
    Option check(std::function<std::string(const std::string& value)> find_problem);
    /// The same, but may also change the value. `type` is shown in the help text.
    Option convert(std::function<std::string(std::string& value)> convert, const std::string& type);
    /// The name of the type in the help text, instead of TEXT or INT.
    Option type(const std::string& name);

    /// Whether the command line has it; known after Program::parse().
    bool given() const;

private:
    CLI::Option* option_;
};

/// The program itself, or one of its commands: a handle to what the Program owns. Variables that
/// options are bound to must live until Program::parse() has returned.
///
/// `names` is "-n,--limit" for an option and "job" for a positional argument.
class Command {
public:
    explicit Command(CLI::App* command) : command_(command) {}

    Command add(const std::string& name, const std::string& help);
    /// One of the commands below this one has to be named.
    void require_command();

    Option flag(const std::string& names, bool& value, const std::string& help);
    Option text(const std::string& names, std::string& value, const std::string& help);
    /// `set` is called with the value when the option is given.
    Option text(const std::string& names, std::function<void(const std::string& value)> set,
                const std::string& help);
    /// Whole numbers in decimal digits. Another text, or a number that the variable cannot hold, is
    /// a wrong command line; nothing is rounded or cut.
    Option number(const std::string& names, int& value, const std::string& help);
    Option number(const std::string& names, std::int64_t& value, const std::string& help);
    Option number(const std::string& names, std::optional<int>& value, const std::string& help);
    Option numbers(const std::string& names, std::vector<std::int64_t>& values,
                   const std::string& help);

    /// A group of options of which exactly one has to be given.
    Command exactly_one(const std::string& name);

    /// Called by Program::parse() when this command is the one that was named. May throw
    /// UsageError, for options that do not fit each other.
    void on_chosen(std::function<void()> chosen);

private:
    CLI::App* command_;
};

/// An option, as a shell needs to know it for completion.
struct OptionDescription {
    std::string name;                     ///< `--limit`; `job` for a positional argument
    std::vector<std::string> long_names;  ///< with their dashes; empty for a positional argument
    std::vector<std::string> choices;     ///< the values that it takes; empty when it takes any
};

/// A command, as a shell needs to know it for completion.
struct CommandDescription {
    std::string path;                   ///< `mail resolve`; empty for the program itself
    std::vector<std::string> commands;  ///< names of the commands below it
    std::vector<OptionDescription> options;
};

/// The command line of a program; owns all its commands and options.
class Program {
public:
    Program(const std::string& name, const std::string& help);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    Command command() noexcept;
    const std::string& name() const;

    /// Adds --version, which prints `text`.
    void add_version(const std::string& text);

    /// Adds "did you mean …?" to the error for an unknown command or option. `nearest` returns the
    /// candidate of which a word is a misspelling; empty if there is none.
    void suggest_with(Nearest nearest);

    /// Lets the program's own options also stand behind a command.
    void options_may_follow_commands();

    /// Fills in the variables. Yields an exit code when the program has to end now: 0 after --help
    /// and --version, 64 (EX_USAGE) when the command line is wrong; both are said already. An error
    /// is two lines on standard error: the problem, and which --help to read.
    std::optional<int> parse(int argc, char** argv);

    /// The program and its commands, each one before those below it.
    std::vector<CommandDescription> describe() const;

private:
    std::unique_ptr<CLI::App> app_;
    Nearest nearest_;
};

}  // namespace paysync::cli
