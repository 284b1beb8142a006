// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "tests/unit/config/files.hpp"

#include <algorithm>
#include <ostream>
#include <vector>

namespace paysync::config::test {
namespace {

const std::filesystem::path kFixtures =
    std::filesystem::path(PAYSYNC_SOURCE_DIR) / "tests/unit/config/fixtures";

std::vector<std::filesystem::path> fixtures(const char* folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(kFixtures / folder))
        found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::string stem(const testing::TestParamInfo<std::filesystem::path>& info) {
    return info.param.stem().string();
}

class ConfigAccept : public testing::TestWithParam<std::filesystem::path> {};
class ConfigReject : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ConfigAccept, IsLoaded) {
    // A copy, because a checkout may be writable by its group.
    const TempFolder folder;
    const auto path = folder.write("paysync.yaml", slurp(GetParam()));
    EXPECT_EQ(error_of([&] { load_config(path); }), "no error");
}

TEST_P(ConfigReject, IsRefusedWithPlaceAndReason) {
    const TempFolder folder;
    const std::string text = slurp(GetParam());
    const std::string sign = "# expect: ";
    ASSERT_TRUE(text.starts_with(sign));
    const std::string expected = text.substr(sign.size(), text.find('\n') - sign.size());

    const auto path = folder.write("paysync.yaml", text);
    EXPECT_EQ(error_of([&] { load_config(path); }), path.string() + ":" + expected);
}

INSTANTIATE_TEST_SUITE_P(Files, ConfigAccept, testing::ValuesIn(fixtures("accept")), stem);
INSTANTIATE_TEST_SUITE_P(Files, ConfigReject, testing::ValuesIn(fixtures("reject")), stem);

TEST(ConfigFixtures, AreAllFound) {
    EXPECT_GE(fixtures("accept").size(), 12U);
    EXPECT_GE(fixtures("reject").size(), 140U);
}

}  // namespace
}  // namespace paysync::config::test
