// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/source.hpp"

#include <memory>
#include <vector>

namespace stripe_sim {

/// One object of a page: a stored text, or the position of a computed object, whose text is made on
/// demand.
class Item {
public:
    Item(Text text) : text_(std::move(text)) {}
    Item(const Source& source, uint64_t position) : source_(&source), position_(position) {}

    void append_to(std::string& out) const;
    Text text() const { return text_ ? text_ : source_->text(position_); }
    operator Text() const { return text(); }
    /// The number of bytes that append_to() adds, if known before.
    size_t size_hint() const { return text_ ? text_->size() : 0; }
    /// Shows the object that this member names in the member's place, if the item is computed and
    /// supports it.
    bool inline_member(std::string_view member);

private:
    Text text_;
    const Source* source_ = nullptr;
    uint64_t position_ = 0;
};

struct Page {
    std::vector<Item> items;
    bool has_more = false;
    /// The sources that the items point to.
    std::vector<std::shared_ptr<const Source>> sources;
};

}  // namespace stripe_sim
