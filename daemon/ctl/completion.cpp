// SPDX-License-Identifier: MIT
#include "daemon/ctl/completion.hpp"

#include <fmt/format.h>

#include <functional>

namespace paysync::cli {

namespace {

/// Calls `visit` for the program itself, whose path is empty, and for every command under it.
void for_each_command(const CLI::App& app, const std::string& path,
                      const std::function<void(const std::string&, const CLI::App&)>& visit) {
    visit(path, app);
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!command->get_name().empty())
            for_each_command(*command,
                             path.empty() ? command->get_name() : path + " " + command->get_name(),
                             visit);
}

/// The options of a command and of its groups.
std::vector<const CLI::Option*> options_of(const CLI::App& command) {
    std::vector<const CLI::Option*> options;
    for (const auto* option : command.get_options())
        options.push_back(option);
    for (const auto* group : command.get_subcommands([](const CLI::App*) { return true; }))
        if (group->get_name().empty())
            for (const auto* option : options_of(*group))
                if (option != group->get_help_ptr())
                    options.push_back(option);
    return options;
}

/// "a b" of a check that says {a,b}.
std::string choices_of(const CLI::Option& option) {
    const auto type = option.get_type_name();
    const auto open = type.find('{');
    const auto close = type.find('}');
    if (open == type.npos || close == type.npos)
        return "";
    auto choices = type.substr(open + 1, close - open - 1);
    for (auto& c : choices)
        if (c == ',')
            c = ' ';
    return choices;
}

std::string names_of(const CLI::Option& option) {
    std::string names;
    for (const auto& name : option.get_lnames())
        names += " --" + name;
    return names;
}

std::string name_of(const CLI::Option& option) {
    if (!option.get_lnames().empty())
        return "--" + option.get_lnames().front();
    return option.get_name(true);
}

}  // namespace

std::string option_list(const CLI::App& app) {
    std::string list;
    for_each_command(app, "", [&](const std::string& path, const CLI::App& command) {
        const auto options = options_of(command);
        if (options.empty())
            list += path + "\t\t\n";
        for (const auto* option : options)
            list += fmt::format("{}\t{}\t{}\n", path, name_of(*option), choices_of(*option));
    });
    return list;
}

std::string bash_completion(const CLI::App& app) {
    std::string paths;
    std::string words;
    std::string choices;
    for_each_command(app, "", [&](const std::string& path, const CLI::App& command) {
        std::string names;
        for (const auto* below : command.get_subcommands([](const CLI::App*) { return true; }))
            if (!below->get_name().empty())
                names += (names.empty() ? "" : " ") + below->get_name();
        std::string options;
        for (const auto* option : options_of(command)) {
            options += names_of(*option);
            if (const auto values = choices_of(*option); !values.empty())
                for (const auto& name : option->get_lnames())
                    choices +=
                        fmt::format("        \"{} --{}\") choices=\"{}\" ;;\n", path, name, values);
        }
        if (!path.empty())
            paths += (paths.empty() ? "\"" : " | \"") + path + "\"";
        words += fmt::format("        \"{}\") commands=\"{}\" options=\"{}\" ;;\n", path, names,
                             options.empty() ? options : options.substr(1));
    });
    return fmt::format(
        R"(# bash completion for {0}; written by '{0} completion bash'.
_{0}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    local path= longer commands= options= choices= i
    # The command so far; what is no command's name is an option or its value.
    for ((i = 1; i < COMP_CWORD; ++i)); do
        [[ ${{COMP_WORDS[i - 1]}} =~ ^(-c|--config|-U|--user)$ ]] && continue
        longer=${{path:+$path }}${{COMP_WORDS[i]}}
        case $longer in
        {1}) path=$longer ;;
        esac
    done
    case $path in
{2}    esac
    case "$path $before" in
{3}    esac
    COMPREPLY=()
    if [[ $before == -c || $before == --config ]]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$current"))
    elif [[ -n $choices ]]; then
        COMPREPLY=($(compgen -W "$choices" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options --config --user" -- "$current"))
    else
        COMPREPLY=($(compgen -W "$commands" -- "$current"))
    fi
}}
complete -F _{0} {0}
)",
        app.get_name(), paths, words, choices);
}

}  // namespace paysync::cli
