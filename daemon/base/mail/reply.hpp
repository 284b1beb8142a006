// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

/// What a mail server's reply says.
namespace paysync::mail {

/// What a reply is about, by its code, status and words.
enum class Topic {
    other,
    us,        ///< a sending quota, a block list, a policy about the sender, a missing login or
               ///< permission to relay; 421, with which the server ends the connection
    recipient  ///< an address or a mailbox (status x.1 or x.2)
};

/// The enhanced status code of a reply, `5.1.1` of `550 5.1.1 no such user`; empty for none.
std::string enhanced_status(std::string_view reply);

/// What a reply is about. A status decides before words do.
Topic topic_of(std::string_view reply);

/// The enhanced status code at the very beginning of a text; empty for none.
std::string leading_status(std::string_view text);

}  // namespace paysync::mail
