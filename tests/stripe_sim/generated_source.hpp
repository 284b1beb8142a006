// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/clock.hpp"
#include "tests/stripe_sim/generated_template.hpp"
#include "tests/stripe_sim/source.hpp"

#include <vector>

namespace stripe_sim {

/// A source whose objects are templates with filled-in slots.
class GeneratedSource : public Source {
public:
    explicit GeneratedSource(const Clock& clock) : clock_(clock) {}

    std::optional<uint64_t> find(std::string_view id) const override;
    Positions narrow(const Filters& filters) const override;
    bool matches(uint64_t position, const Filters& filters) const override;
    void render(uint64_t position, std::string& out) const override;
    Record record(uint64_t position, bool with_text) const override;

protected:
    /// All templates that objects of this source may have.
    virtual const std::vector<const RecordTemplate*>& templates() const = 0;
    virtual const RecordTemplate& template_of(uint64_t position) const = 0;
    /// Sets the values of the slots whose bits are set.
    virtual void fill(uint64_t position, uint32_t slots, SlotValues& values) const = 0;
    /// The position that belongs to this text of a slot; nothing unless it is exactly the text that
    /// fill() writes there.
    virtual std::optional<uint64_t> decode(Slot slot, std::string_view text) const = 0;
    /// The template of the text that render() appends.
    virtual const GeneratedTemplate& text_template(uint64_t position) const;

private:
    std::optional<uint64_t> decode(const GeneratedTemplate& made, std::string_view text) const;
    Positions possible(const std::string& name, const std::string& value) const;

    const Clock& clock_;
};

}  // namespace stripe_sim
