// SPDX-License-Identifier: MIT
#include "jobs/stripe/form.hpp"

#include "tests/support/stripe_data.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <fstream>

namespace paysync::stripe {
namespace {

TEST(StripeForm, KeepsTheOrderAndWritesEachType) {
    Form form;
    form.add("limit", 100).add("active", false).add("amount", std::int64_t{-5});
    form.add("name", "x").add("note", std::string("y")).add("big", INT64_MAX);
    EXPECT_EQ(form.encoded(),
              "limit=100&active=false&amount=-5&name=x&note=y&big=9223372036854775807");
}

TEST(StripeForm, LeavesBracketsInNamesAndEncodesEverythingElse) {
    Form form;
    form.add("line_items[0][price_data][product_data][name]", "Invoice №42 & more+");
    form.add("metadata[weird key]", "a'b(c)*!~[]");
    EXPECT_EQ(form.encoded(),
              "line_items[0][price_data][product_data][name]=Invoice%20%E2%84%9642%20%26%20more%2B"
              "&metadata[weird%20key]=a%27b%28c%29%2A%21~%5B%5D");
}

TEST(StripeForm, ClearsWithAnEmptyValue) {
    Form form;
    form.add("metadata", "");
    EXPECT_EQ(form.encoded(), "metadata=");
}

TEST(StripeForm, WritesQueryStrings) {
    Form form;
    EXPECT_EQ(query("/v1/charges", form), "/v1/charges");
    form.add("created[gte]", 1700000000);
    EXPECT_EQ(query("/v1/charges", form), "/v1/charges?created[gte]=1700000000");
    EXPECT_EQ(encode("../x?y"), "..%2Fx%3Fy");
}

void flatten(const std::string& name, const nlohmann::ordered_json& value, Form& form) {
    if (value.is_object()) {
        for (const auto& [key, child] : value.items())
            flatten(name.empty() ? key : name + "[" + key + "]", child, form);
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i)
            flatten(name + "[" + std::to_string(i) + "]", value[i], form);
    } else if (value.is_boolean()) {
        form.add(name, value.get<bool>());
    } else if (value.is_number()) {
        form.add(name, value.get<std::int64_t>());
    } else {
        form.add(name, value.get<std::string>());
    }
}

TEST(StripeForm, EncodesLikeStripesClient) {
    const auto path = stripe_data("golden-vectors.json");
    if (!path)
        GTEST_SKIP()
            << "Stripe's golden-vectors.json is not here; PAYSYNC_STRIPE_DATA may name its folder";
    std::ifstream file(*path);
    const auto vectors = nlohmann::ordered_json::parse(file);
    ASSERT_FALSE(vectors["form_encoding"].empty());
    for (const auto& vector : vectors["form_encoding"]) {
        Form form;
        flatten("", vector["params"], form);
        EXPECT_EQ(form.encoded(), vector["encoded"].get<std::string>());
    }
}

}  // namespace
}  // namespace paysync::stripe
