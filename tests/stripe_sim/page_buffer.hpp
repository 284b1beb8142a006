// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace stripe_sim {

/// A string to build an answer in, empty but with the room that this thread's last answer took, so
/// that large pages are not allocated anew each time.
std::string take_page_buffer();
/// Keeps the string's room for this thread's next answer.
void give_page_buffer(std::string&& buffer);
/// Frees what this thread keeps.
void drop_page_buffer();

}  // namespace stripe_sim
