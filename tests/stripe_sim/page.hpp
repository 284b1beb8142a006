// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/source.hpp"

#include <memory>
#include <vector>

namespace stripe_sim {

/// One object of a page: a stored text, or the place of a computed one, whose text is made when it
/// is asked for.
class Item {
public:
    Item(Text text) : text_(std::move(text)) {}
    Item(const Source& source, uint64_t position) : source_(&source), position_(position) {}

    void append_to(std::string& out) const;
    Text text() const { return text_ ? text_ : source_->text(position_); }
    operator Text() const { return text(); }
    /// The bytes that append_to adds, as far as they are known before.
    size_t size_hint() const { return text_ ? text_->size() : 0; }
    /// Shows the named object in place of this member, if the item is computed and knows how to.
    bool inline_member(std::string_view member);

private:
    Text text_;
    const Source* source_ = nullptr;
    uint64_t position_ = 0;
};

struct Page {
    std::vector<Item> items;
    bool has_more = false;
    /// What the items point at.
    std::vector<std::shared_ptr<const Source>> sources;
};

}  // namespace stripe_sim
