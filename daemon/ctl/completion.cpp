// SPDX-License-Identifier: MIT
#include "daemon/ctl/completion.hpp"

namespace paysync::ctl {

namespace {

// @PATHS@ and the like are filled in below.
constexpr const char* kBashScript =
    R"(# bash completion for @PROGRAM@; written by '@PROGRAM@ completion bash'.
_@PROGRAM@() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local path= longer commands= options= choices= i
    # Find the command so far. A word that names no command is an option or its value.
    for ((i = 1; i < COMP_CWORD; ++i)); do
        [[ ${COMP_WORDS[i - 1]} =~ ^(-c|--config|-U|--user)$ ]] && continue
        longer=${path:+$path }${COMP_WORDS[i]}
        case $longer in
        @PATHS@) path=$longer ;;
        esac
    done
    case $path in
@WORDS@    esac
    case "$path $before" in
@CHOICES@    esac
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
}
complete -F _@PROGRAM@ @PROGRAM@
)";

void fill_in(std::string& script, const std::string& placeholder, const std::string& value) {
    for (auto at = script.find(placeholder); at != script.npos;
         at = script.find(placeholder, at + value.size()))
        script.replace(at, placeholder.size(), value);
}

std::string joined(const std::vector<std::string>& words, const char* separator) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : separator) + word;
    return text;
}

}  // namespace

std::string option_list(const std::vector<cli::CommandDescription>& commands) {
    std::string list;
    for (const auto& command : commands) {
        if (command.options.empty())
            list += command.path + "\t\t\n";
        for (const auto& option : command.options)
            list += command.path + '\t' + option.name + '\t' + joined(option.choices, " ") + '\n';
    }
    return list;
}

std::string bash_completion(const std::string& program,
                            const std::vector<cli::CommandDescription>& commands) {
    std::vector<std::string> paths;
    std::string words;
    std::string choices;
    for (const auto& command : commands) {
        std::vector<std::string> options;
        for (const auto& option : command.options)
            for (const auto& name : option.long_names) {
                options.push_back(name);
                if (!option.choices.empty())
                    choices += "        \"" + command.path + ' ' + name + "\") choices=\"" +
                               joined(option.choices, " ") + "\" ;;\n";
            }
        if (!command.path.empty())
            paths.push_back('"' + command.path + '"');
        words += "        \"" + command.path + "\") commands=\"" + joined(command.commands, " ") +
                 "\" options=\"" + joined(options, " ") + "\" ;;\n";
    }
    std::string script = kBashScript;
    fill_in(script, "@PROGRAM@", program);
    fill_in(script, "@PATHS@", joined(paths, " | "));
    fill_in(script, "@WORDS@", words);
    fill_in(script, "@CHOICES@", choices);
    return script;
}

}  // namespace paysync::ctl
