// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/page.hpp"

namespace stripe_sim {

void Item::append_to(std::string& out) const {
    if (text_) {
        out += *text_;
    } else {
        source_->render(position_, out);
    }
}

bool Item::inline_member(std::string_view member) {
    const Source* other = text_ ? nullptr : source_->inlined(member);
    if (other != nullptr) {
        source_ = other;
    }
    return other != nullptr;
}

}  // namespace stripe_sim
