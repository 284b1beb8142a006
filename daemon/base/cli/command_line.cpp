// SPDX-License-Identifier: MIT
#include "daemon/base/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <sysexits.h>

namespace paysync::cli {

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
    option_->check(CLI::IsMember(std::move(choices)));
    return *this;
}

Option Option::between(int least, int most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Option::positive() {
    option_->check(CLI::PositiveNumber);
    return *this;
}

Option Option::count(int values) {
    option_->expected(values);
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
    return Option(command_->add_option(names, value, help));
}

Option Command::number(const std::string& names, std::optional<int>& value,
                       const std::string& help) {
    return Option(command_->add_option(names, value, help));
}

Option Command::numbers(const std::string& names, std::vector<std::int64_t>& values,
                        const std::string& help) {
    return Option(command_->add_option(names, values, help));
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

void Program::options_may_follow_commands() {
    app_->fallthrough();
}

std::optional<int> Program::parse(int argc, char** argv) {
    try {
        app_->parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app_->exit(e) == 0 ? EX_OK : EX_USAGE;
    }
    return std::nullopt;
}

namespace {

std::vector<const CLI::App*> commands_and_groups_below(const CLI::App& command) {
    return command.get_subcommands([](const CLI::App*) { return true; });
}

/// CLI11 shows the choices of an option as its type: `TEXT:{table,csv}`.
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
