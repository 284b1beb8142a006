// SPDX-License-Identifier: MIT
#include "jobs/stripe/mode.hpp"

#include <algorithm>
#include <functional>

namespace paysync::stripe {

// A text search and no parser: pages are parsed on database workers, but this runs on the loop for
// each response. It is exact, because inside a string the quotes of the name would be escaped.
bool contradicts_mode(std::string_view body, bool livemode) {
    constexpr std::string_view name = "\"livemode\"";
    const std::boyer_moore_horspool_searcher search(name.begin(), name.end());
    bool contradicted = false;
    for (;;) {
        const auto found = std::search(body.begin(), body.end(), search);
        if (found == body.end())
            return contradicted;
        body.remove_prefix(static_cast<std::size_t>(found - body.begin()) + name.size());
        const auto value = body.find_first_not_of(" \t\r\n:");
        if (value == std::string_view::npos)
            return contradicted;
        body.remove_prefix(value);
        if (body.starts_with(livemode ? "true" : "false"))
            return false;
        contradicted |= body.starts_with(livemode ? "false" : "true");
    }
}

}  // namespace paysync::stripe
