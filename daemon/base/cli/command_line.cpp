// SPDX-License-Identifier: MIT
#include "daemon/base/cli/command_line.hpp"

#include "daemon/base/cli/usage_message.hpp"

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>

namespace paysync::cli {

namespace {

/// What is wrong with a text that has to be a whole number in a range; empty when nothing is.
std::string number_problem(const std::string& text, std::int64_t least, std::int64_t most,
                           const std::string& range) {
    std::int64_t value = 0;
    const auto end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, value);
    if (read != end || error == std::errc::invalid_argument)
        return "must be a whole number, not " + text;
    const bool fits = error == std::errc() && value >= least && value <= most;
    return fits ? "" : "must be " + range + ", not " + text;
}

/// Adds a check that is made before CLI11 converts the text, which would take 010 for 8 and cut a
/// number that is too large.
template <typename Number>
CLI::Option* whole(CLI::Option* option) {
    constexpr std::int64_t least = std::numeric_limits<Number>::min();
    constexpr std::int64_t most = std::numeric_limits<Number>::max();
    const auto check = [](std::string& text) {
        const auto range = "from " + std::to_string(least) + " to " + std::to_string(most);
        auto problem = number_problem(text, least, most, range);
        if (problem.empty()) {
            std::int64_t value = 0;
            std::from_chars(text.data(), text.data() + text.size(), value);
            text = std::to_string(value);
        }
        return problem;
    };
    return option->transform(CLI::Validator(check, ""));
}

}  // namespace

Option Option::required() {
    option_->required();
    return *this;
}

Option Option::show_default() {
    option_->capture_default_str();
    return *this;
}

Option Option::excludes(const Option& other) {
    option_->excludes(other.option_);
    return *this;
}

Option Option::needs(const Option& other) {
    option_->needs(other.option_);
    return *this;
}

Option Option::one_of(std::vector<std::string> choices) {
    const auto type = "{" + CLI::detail::join(choices, ",") + "}";  // see choices_in()
    const auto check = [choices = std::move(choices)](std::string& text) -> std::string {
        if (std::find(choices.begin(), choices.end(), text) != choices.end())
            return "";
        return "must be one of " + CLI::detail::join(choices, ", ") + ", not " + text;
    };
    option_->check(CLI::Validator(check, type));
    return *this;
}

Option Option::between(int least, int most) {
    const auto from_to = std::to_string(least) + " to " + std::to_string(most);
    const auto check = [=](std::string& text) {
        return number_problem(text, least, most, "from " + from_to);
    };
    option_->check(CLI::Validator(check, from_to));
    return *this;
}

Option Option::positive() {
    const auto check = [](std::string& text) {
        return number_problem(text, 1, std::numeric_limits<std::int64_t>::max(), "at least 1");
    };
    option_->check(CLI::Validator(check, "POSITIVE"));
    return *this;
}

Option Option::check(std::function<std::string(const std::string&)> find_problem) {
    option_->check(std::move(find_problem));
    return *this;
}

Option Option::convert(std::function<std::string(std::string&)> convert, const std::string& type) {
    option_->transform(CLI::Validator(std::move(convert), type));
    return *this;
}

Option Option::type(const std::string& name) {
    option_->type_name(name);
    return *this;
}

bool Option::given() const {
    return option_->count() > 0;
}

Command Command::add(const std::string& name, const std::string& help) {
    return Command(command_->add_subcommand(name, help));
}

void Command::require_command() {
    command_->require_subcommand(1);
}

Option Command::flag(const std::string& names, bool& value, const std::string& help) {
    return Option(command_->add_flag(names, value, help));
}

Option Command::text(const std::string& names, std::string& value, const std::string& help) {
    return Option(command_->add_option(names, value, help));
}

Option Command::text(const std::string& names, std::function<void(const std::string&)> set,
                     const std::string& help) {
    return Option(command_->add_option_function<std::string>(names, set, help));
}

Option Command::number(const std::string& names, int& value, const std::string& help) {
    return Option(whole<int>(command_->add_option(names, value, help)));
}

Option Command::number(const std::string& names, std::int64_t& value, const std::string& help) {
    return Option(whole<std::int64_t>(command_->add_option(names, value, help)));
}

Option Command::number(const std::string& names, std::optional<int>& value,
                       const std::string& help) {
    return Option(whole<int>(command_->add_option(names, value, help)));
}

Option Command::numbers(const std::string& names, std::vector<std::int64_t>& values,
                        const std::string& help) {
    return Option(whole<std::int64_t>(command_->add_option(names, values, help)));
}

Command Command::exactly_one(const std::string& name) {
    auto* group = command_->add_option_group(name);
    group->require_option(1);
    return Command(group);
}

void Command::on_chosen(std::function<void()> chosen) {
    command_->callback([chosen = std::move(chosen)] {
        try {
            chosen();
        } catch (const UsageError& e) {
            throw CLI::ValidationError(e.option(), e.what());
        }
    });
}

Program::Program(const std::string& name, const std::string& help)
    : app_(std::make_unique<CLI::App>(help, name)) {}

Program::~Program() = default;

Command Program::command() noexcept {
    return Command(app_.get());
}

const std::string& Program::name() const {
    return app_->get_name();
}

void Program::add_version(const std::string& text) {
    app_->set_version_flag("--version", text);
}

void Program::suggest_with(Nearest nearest) {
    nearest_ = std::move(nearest);
}

void Program::options_may_follow_commands() {
    app_->fallthrough();
}

std::optional<int> Program::parse(int argc, char** argv) {
    try {
        app_->parse(argc, argv);
    } catch (const CLI::Success& e) {
        return app_->exit(e);
    } catch (const CLI::ParseError& e) {
        std::cerr << usage_message(*app_, e, nearest_);
        return EX_USAGE;
    }
    return std::nullopt;
}

namespace {

std::vector<const CLI::App*> commands_and_groups_below(const CLI::App& command) {
    return command.get_subcommands([](const CLI::App*) { return true; });
}

/// one_of() shows the choices of an option as its type: `TEXT:{table,csv}`.
std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> choices;
    const auto open = type.find('{');
    const auto close = type.find('}');
    if (open == type.npos || close == type.npos)
        return choices;
    choices.emplace_back();
    for (const char c : type.substr(open + 1, close - open - 1))
        if (c == ',')
            choices.emplace_back();
        else
            choices.back() += c;
    return choices;
}

OptionDescription describe_option(const CLI::Option& option) {
    OptionDescription description;
    for (const auto& name : option.get_lnames())
        description.long_names.push_back("--" + name);
    description.name =
        description.long_names.empty() ? option.get_name(true) : description.long_names.front();
    description.choices = choices_in(option.get_type_name());
    return description;
}

/// The options of a command, and those of its groups, which CLI11 keeps as commands without a name.
void describe_options(const CLI::App& command, std::vector<OptionDescription>& into) {
    const bool group = command.get_name().empty();
    for (const auto* option : command.get_options())
        if (!group || option != command.get_help_ptr())
            into.push_back(describe_option(*option));
    for (const auto* below : commands_and_groups_below(command))
        if (below->get_name().empty())
            describe_options(*below, into);
}

void describe_command(const CLI::App& command, const std::string& path,
                      std::vector<CommandDescription>& into) {
    CommandDescription description;
    description.path = path;
    describe_options(command, description.options);
    for (const auto* below : commands_and_groups_below(command))
        if (!below->get_name().empty())
            description.commands.push_back(below->get_name());
    into.push_back(std::move(description));
    for (const auto* below : commands_and_groups_below(command))
        if (!below->get_name().empty())
            describe_command(
                *below, path.empty() ? below->get_name() : path + " " + below->get_name(), into);
}

}  // namespace

std::vector<CommandDescription> Program::describe() const {
    std::vector<CommandDescription> commands;
    describe_command(*app_, "", commands);
    return commands;
}

}  // namespace paysync::cli
