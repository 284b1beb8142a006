// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <string>

namespace paysync::cli {

/// Which mail to show, and what of it.
struct Preview {
    std::string kind = "request";  ///< request, reminder, receipt or notice
    std::string company;           ///< in whose name; a made-up one when empty
    std::string request_id;        ///< about which payment request; a made-up one when empty
    std::string locale;            ///< language; the request's, or the company's, when empty
    std::string part = "text";     ///< text, html (with its pictures inside), or eml
};

/// Prints a mail as it would be sent now, and sends nothing. A mail of nobody in particular needs
/// no database. Throws std::exception for an unknown company or request, and for a template that
/// cannot be filled in.
void preview_mail(const config::Mail& section, const std::string& conninfo, const Preview& preview);

}  // namespace paysync::cli
