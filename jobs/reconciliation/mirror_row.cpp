// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/mirror_row.hpp"

namespace paysync::reconciliation::store {

namespace {

constexpr char kIsValue = 'v';
constexpr char kIsNull = 'n';

}  // namespace

void MirrorRow::add(const std::string& value) {
    fingerprint_.add(value);
    put(value);
    ends_.push_back(text_.size());
}

void MirrorRow::add(std::int64_t value) {
    fingerprint_.add(value);
    put(value);
    ends_.push_back(text_.size());
}

void MirrorRow::add(bool value) {
    fingerprint_.add(value);
    put(value);
    ends_.push_back(text_.size());
}

std::optional<std::string_view> MirrorRow::cell(std::size_t column) const {
    const auto begin = column == 0 ? 0 : ends_.at(column - 1);
    const auto value = std::string_view(text_).substr(begin, ends_.at(column) - begin);
    if (value.front() == kIsNull)
        return std::nullopt;
    return value.substr(1);
}

void MirrorRow::put(const std::string& value) {
    (text_ += kIsValue) += value;
}

void MirrorRow::put(std::int64_t value) {
    (text_ += kIsValue) += std::to_string(value);
}

void MirrorRow::put(bool value) {
    (text_ += kIsValue) += value ? 't' : 'f';
}

void MirrorRow::put_null() {
    text_ += kIsNull;
}

}  // namespace paysync::reconciliation::store
