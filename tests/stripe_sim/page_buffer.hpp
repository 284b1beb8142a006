// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace stripe_sim {

/// An empty string with the capacity of this thread's last answer, so that large pages are not
/// allocated each time.
std::string take_page_buffer();
/// Keeps the string's capacity for this thread's next answer.
void give_page_buffer(std::string&& buffer);
/// Frees the buffer of this thread.
void drop_page_buffer();

}  // namespace stripe_sim
