// SPDX-License-Identifier: MIT
#include "daemon/base/log/log.hpp"

#include "daemon/base/log/journal_sink.hpp"
#include "daemon/base/log/line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>

#include <fstream>
#include <iterator>
#include <mutex>
#include <regex>
#include <set>

namespace paysync::log {
namespace {

using testing::ElementsAre;

/// Collects the entries for the journal, and restores the logger at its end.
class Kept final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::vector<std::vector<std::string>> entries;

protected:
    void sink_it_(const spdlog::details::log_msg& line) override {
        entries.push_back(journal_entry(line.level, {line.payload.data(), line.payload.size()},
                                        current_fields()));
    }
    void flush_() override {}
};

class LogLine : public testing::Test {
protected:
    LogLine() {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", kept_));
        spdlog::set_level(spdlog::level::info);
    }
    ~LogLine() override { spdlog::set_default_logger(before_); }

    std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
    std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

TEST_F(LogLine, WritesItsFieldsToTheJournalAndTheNextLineHasNone) {
    event(kMailInDoubt).request("r-1").company("bakery").error("mail of {} is in doubt", "r-1");
    spdlog::warn("another {}", "line");
    ASSERT_EQ(kept_->entries.size(), 2U);
    EXPECT_THAT(kept_->entries[0], ElementsAre("MESSAGE=mail of r-1 is in doubt", "PRIORITY=3",
                                               "SYSLOG_IDENTIFIER=paysyncd",
                                               std::string("MESSAGE_ID=") + kMailInDoubt.message_id,
                                               "PAYSYNC_REQUEST=r-1", "PAYSYNC_COMPANY=bakery"));
    EXPECT_THAT(kept_->entries[1],
                ElementsAre("MESSAGE=another line", "PRIORITY=4", "SYSLOG_IDENTIFIER=paysyncd"));
}

TEST_F(LogLine, WritesDebugLinesOnlyWhenTheyAreEnabled) {
    about().job("reconciliation.audit").debug("audit: {} objects", 1);
    EXPECT_TRUE(kept_->entries.empty());
    spdlog::set_level(spdlog::level::debug);
    about().job("reconciliation.audit").debug("audit: {} objects", 2);
    ASSERT_EQ(kept_->entries.size(), 1U);
    EXPECT_THAT(kept_->entries[0],
                ElementsAre("MESSAGE=audit: 2 objects", "PRIORITY=7", "SYSLOG_IDENTIFIER=paysyncd",
                            "PAYSYNC_JOB=reconciliation.audit"));
}

TEST_F(LogLine, OmitsEmptyFieldsAndDoesNotFormatValues) {
    about().account("").stripe_request("req_{}").info("{}", "100 % {of} it\nand more");
    EXPECT_THAT(kept_->entries.at(0),
                ElementsAre("MESSAGE=100 % {of} it\nand more", "PRIORITY=6",
                            "SYSLOG_IDENTIFIER=paysyncd", "STRIPE_REQUEST_ID=req_{}"));
}

TEST_F(LogLine, IsNotFormattedBelowTheLevel) {
    EXPECT_TRUE(set_syslog_level("err"));
    about().account("acct_1").warn("nothing to see");
    EXPECT_TRUE(kept_->entries.empty());
    EXPECT_EQ(syslog_level(), "err");
    EXPECT_TRUE(set_syslog_level("notice"));
    EXPECT_EQ(syslog_level(), "info");
    EXPECT_FALSE(set_syslog_level("loud"));
}

std::set<std::string> ids_in(const std::string& name, const std::string& pattern) {
    std::ifstream file(std::string(PAYSYNC_SOURCE_DIR) + "/" + name);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::set<std::string> ids;
    const std::regex id(pattern);
    for (auto match = std::sregex_iterator(text.begin(), text.end(), id);
         match != std::sregex_iterator(); ++match)
        ids.insert(match->str(1));
    return ids;
}

TEST(LogCatalog, ExplainsExactlyTheEventsOfTheDaemon) {
    const auto events = ids_in("daemon/base/log/events.hpp", R"(Event k\w+\{"([0-9a-f]{32})\"\})");
    EXPECT_EQ(events.size(), 17U);
    EXPECT_EQ(ids_in("systemd/paysync.catalog", R"(-- ([0-9a-f]{32}))"), events);
}

}  // namespace
}  // namespace paysync::log
