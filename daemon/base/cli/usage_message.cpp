// SPDX-License-Identifier: MIT
#include "daemon/base/cli/usage_message.hpp"

#include <CLI/CLI.hpp>

namespace paysync::cli {

namespace {

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The command that the command line names, as far as it names one.
const CLI::App* named_command(const CLI::App& program) {
    const CLI::App* command = &program;
    for (bool deeper = true; deeper;) {
        deeper = false;
        for (const auto* below : command->get_subcommands())
            if (!below->get_name().empty()) {
                command = below;
                deeper = true;
                break;
            }
    }
    return command;
}

/// `paysyncctl mail resolve`; without the program's name `mail resolve`.
std::string path_of(const CLI::App* command, bool with_program) {
    std::string path;
    for (; command && (with_program || command->get_parent()); command = command->get_parent())
        path = command->get_name() + (path.empty() ? "" : " " + path);
    return path;
}

std::vector<std::string> commands_of(const CLI::App& command) {
    std::vector<std::string> names;
    for (const auto* below : command.get_subcommands([](const CLI::App*) { return true; }))
        if (!below->get_name().empty())
            names.push_back(below->get_name());
    return names;
}

void add_options(const CLI::App& command, std::vector<std::string>& names) {
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    for (const auto* below : command.get_subcommands([](const CLI::App*) { return true; }))
        if (below->get_name().empty())
            add_options(*below, names);
}

/// The options that may stand behind the command.
std::vector<std::string> options_of(const CLI::App* command) {
    std::vector<std::string> names;
    for (; command; command = command->get_parent())
        add_options(*command, names);
    return names;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const Nearest& nearest) {
    const auto best = nearest ? nearest(word, candidates) : "";
    return best.empty() ? "" : "; did you mean '" + best + "'?";
}

std::string wrong_command(const CLI::App& program, const CLI::App& command,
                          const Nearest& nearest) {
    const auto prefix = command.get_parent() ? path_of(&command, false) + " " : std::string();
    std::vector<std::string> known;
    for (const auto& name : commands_of(command))
        known.push_back(prefix + name);
    for (const auto& word : program.remaining(true))
        if (!word.empty() && word.front() != '-')
            return "there is no command '" + prefix + word + "'" +
                   did_you_mean(prefix + word, known, nearest);
    if (!command.get_parent())
        return "a command is missing";
    std::string list;
    for (const auto& name : known)
        list += (list.empty() ? "'" : ", '") + name + "'";
    return "a command is missing: one of " + list;
}

std::string unexpected(const CLI::App& program, const CLI::App& command, const Nearest& nearest) {
    const auto words = program.remaining(true);
    for (const auto& word : words)
        if (word.size() > 1 && word.front() == '-') {
            const auto name = word.substr(0, word.find('='));
            return "there is no option '" + name + "'" +
                   did_you_mean(name, options_of(&command), nearest);
        }
    return words.empty() ? "there is an argument too many"
                         : "'" + words.front() + "' is an argument too many";
}

/// CLI11's words for the other errors, with those replaced that are hard to understand.
std::string in_plain_words(const CLI::ParseError& error) {
    const std::string text = error.what();
    const auto colon = text.find(": ");
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) && ends_with(text, " missing") &&
        colon != text.npos)
        return text.substr(0, colon) + " needs a value";
    const auto list = text.find('[');
    if (dynamic_cast<const CLI::RequiredError*>(&error) && list != text.npos)
        return "exactly one of these options is required: " +
               text.substr(list + 1, text.find(']') - list - 1);
    if (dynamic_cast<const CLI::ExcludesError*>(&error))
        return text.substr(0, text.find(' ')) + " cannot be given together with " +
               text.substr(text.rfind(' ') + 1);
    return text;
}

}  // namespace

std::string usage_message(const CLI::App& program, const CLI::ParseError& error,
                          const Nearest& nearest) {
    const auto* command = named_command(program);
    std::string problem;
    if (command->get_require_subcommand_min() > 0 &&
        dynamic_cast<const CLI::RequiredError*>(&error))
        problem = wrong_command(program, *command, nearest);
    else if (dynamic_cast<const CLI::ExtrasError*>(&error))
        problem = unexpected(program, *command, nearest);
    else
        problem = in_plain_words(error);
    const auto path = path_of(command, true);
    return path + ": " + problem + "\nSee '" + path + " --help'.\n";
}

}  // namespace paysync::cli
