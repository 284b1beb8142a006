// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/page_buffer.hpp"

#include <utility>

namespace stripe_sim {
namespace {

/// Larger buffers are rare and would be kept as long as the connection.
constexpr size_t kLargestKept = 1 << 20;

thread_local std::string kept;

}  // namespace

std::string take_page_buffer() {
    kept.clear();
    return std::move(kept);
}

void give_page_buffer(std::string&& buffer) {
    if (buffer.capacity() <= kLargestKept) {
        kept = std::move(buffer);
    }
}

void drop_page_buffer() {
    kept = std::string();
}

}  // namespace stripe_sim
