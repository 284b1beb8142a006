// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/generated_source.hpp"

#include <algorithm>

namespace stripe_sim {

std::optional<uint64_t> GeneratedSource::decode(const GeneratedTemplate& made,
                                                std::string_view text) const {
    auto single = made.single();
    if (!single || text.size() <= single->before.size() + single->after.size() ||
        !text.starts_with(single->before) || !text.ends_with(single->after)) {
        return std::nullopt;
    }
    text.remove_prefix(single->before.size());
    text.remove_suffix(single->after.size());
    return decode(single->slot, text);
}

std::optional<uint64_t> GeneratedSource::find(std::string_view id) const {
    auto position = decode(templates().front()->id, id);
    return position && exists(*position) ? position : std::nullopt;
}

Source::Positions GeneratedSource::possible(const std::string& name,
                                            const std::string& value) const {
    Positions out{0, 0};
    for (const RecordTemplate* each : templates()) {
        const GeneratedTemplate* field = each->field(name);
        if (field == nullptr || field->constant()) {
            if ((field == nullptr ? "" : *field->constant()) == value) {
                return {0, size()};
            }
        } else if (auto single = field->single(); single && bit(single->slot) & kIdSlots) {
            if (auto position = decode(*field, value)) {
                out = {*position, *position + 1};
            }
        } else {
            return {0, size()};
        }
    }
    return out;
}

Source::Positions GeneratedSource::narrow(const Filters& filters) const {
    Positions out{0, size()};
    for (const auto& [name, value] : filters) {
        Positions part = possible(name, value);
        out = {std::max(out.first, part.first), std::min(out.end, part.end)};
    }
    return out.first < out.end ? out : Positions{0, 0};
}

bool GeneratedSource::matches(uint64_t position, const Filters& filters) const {
    Record head = record(position, false);
    return std::all_of(filters.begin(), filters.end(), [&](const auto& filter) {
        return head.field(filter.first) == filter.second;
    });
}

const GeneratedTemplate& GeneratedSource::text_template(uint64_t position) const {
    return template_of(position).text;
}

void GeneratedSource::render(uint64_t position, std::string& out) const {
    const GeneratedTemplate& text = text_template(position);
    SlotValues values;
    values.created = created(position);
    values.now = text.needs() & bit(Slot::kStatus) ? clock_.now() : 0;
    fill(position, text.needs(), values);
    text.render(values, out);
}

Record GeneratedSource::record(uint64_t position, bool with_text) const {
    const RecordTemplate& made = template_of(position);
    uint32_t needs = made.id.needs() | (with_text ? made.text.needs() : 0);
    for (const auto& [name, value] : made.fields) {
        needs |= value.needs();
    }
    Record record;
    SlotValues values;
    values.created = record.created = created(position);
    values.now = clock_.now();
    fill(position, needs, values);
    made.id.render(values, record.id);
    for (const auto& [name, value] : made.fields) {
        record.fields.emplace_back(name, "");
        value.render(values, record.fields.back().second);
    }
    if (with_text) {
        std::string text;
        made.text.render(values, text);
        record.text = std::make_shared<const std::string>(std::move(text));
    }
    return record;
}

}  // namespace stripe_sim
