// SPDX-License-Identifier: MIT
// These tests pass their own times: a pipe reads no clock.
#include "tests/fault_proxy/pipe.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace fault_proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FaultProxyPipe : public testing::Test {
protected:
    FaultProxyPipe() {
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, in_.data()), 0);
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, out_.data()), 0);
    }
    ~FaultProxyPipe() override {
        for (const int fd : {in_[0], in_[1], out_[0], out_[1]}) {
            close(fd);
        }
    }

    void arrive(const std::string& bytes, Time now, double jitter = 0) {
        ASSERT_EQ(send(in_[0], bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
        pipe_.read(in_[1], now, jitter);
    }
    void end(Time now) {
        shutdown(in_[0], SHUT_WR);
        pipe_.read(in_[1], now, 0);
    }
    /// The bytes that are written at that time; "(end)" for the end of the stream.
    std::string at(Time now) {
        state_ = pipe_.write(out_[0], now);
        std::string all(1U << 20U, '\0');
        const ssize_t count = recv(out_[1], all.data(), all.size(), 0);
        all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return count == 0 ? "(end)" : all;
    }

    const Time start_ = Time() + std::chrono::hours(1000);
    std::array<int, 2> in_{};
    std::array<int, 2> out_{};
    std::uint64_t passed_ = 0;
    std::uint64_t swallowed_ = 0;
    Pipe pipe_{passed_, swallowed_};
    Pipe::State state_ = Pipe::State::open;
};

TEST_F(FaultProxyPipe, PassesAtOnceWithoutFaults) {
    arrive("a", start_);
    EXPECT_EQ(at(start_), "a");
    end(start_);
    EXPECT_EQ(at(start_), "(end)");
    EXPECT_EQ(state_, Pipe::State::finished);
    EXPECT_FALSE(pipe_.due());
    EXPECT_EQ(passed_, 1U);
}

TEST_F(FaultProxyPipe, ADelayHoldsEveryBlockAndTheEnd) {
    pipe_.set({.delay = seconds(2)}, start_);
    arrive("a", start_);
    arrive("b", start_ + seconds(1));
    end(start_ + seconds(1));
    EXPECT_EQ(pipe_.due(), start_ + seconds(2));
    EXPECT_EQ(at(start_ + milliseconds(1999)), "");
    EXPECT_EQ(at(start_ + seconds(2)), "a");
    EXPECT_EQ(at(start_ + milliseconds(2999)), "");
    EXPECT_EQ(at(start_ + seconds(3)), "b");
    EXPECT_EQ(state_, Pipe::State::finished);
}

TEST_F(FaultProxyPipe, JitterIsAddedAndKeepsTheOrder) {
    pipe_.set({.delay = seconds(1), .jitter = seconds(4)}, start_);
    arrive("a", start_, 0.5);
    arrive("b", start_, 0.25);
    arrive("c", start_, 0.75);
    EXPECT_EQ(at(start_ + milliseconds(2999)), "");
    EXPECT_EQ(at(start_ + seconds(3)), "ab");
    EXPECT_EQ(at(start_ + milliseconds(3999)), "");
    EXPECT_EQ(at(start_ + seconds(4)), "c");
}

TEST_F(FaultProxyPipe, NewSettingsApplyToHeldBytes) {
    pipe_.set({.delay = seconds(100)}, start_);
    arrive("a", start_);
    pipe_.set({.delay = seconds(1)}, start_);
    EXPECT_EQ(pipe_.due(), start_ + seconds(1));
    pipe_.set({}, start_);
    EXPECT_EQ(at(start_), "a");
}

TEST_F(FaultProxyPipe, ALimitedLinkKeepsItsRate) {
    pipe_.set({.bytes_per_second = 1000}, start_);
    arrive(std::string(3000, 'x'), start_);
    std::size_t passed = 0;
    for (int ms = 0; ms <= 1000; ++ms) {
        passed += at(start_ + milliseconds(ms)).size();
        EXPECT_LE(passed, static_cast<std::size_t>(ms) + 20);
    }
    EXPECT_GE(passed, 980U);
    pipe_.set({.bytes_per_second = 1}, start_ + seconds(1));
    EXPECT_EQ(at(start_ + seconds(1)), "x");
    EXPECT_EQ(pipe_.due(), start_ + seconds(2));
    pipe_.set({}, start_ + seconds(1));
    EXPECT_EQ(at(start_ + seconds(1)).size(), 3000 - passed - 1);
}

TEST_F(FaultProxyPipe, ACutComesAfterExactlyTheGivenBytes) {
    arrive("before", start_);
    EXPECT_EQ(at(start_), "before");
    pipe_.set({.cut_after = 5}, start_);
    EXPECT_FALSE(pipe_.due());
    arrive("abc", start_);
    EXPECT_EQ(at(start_), "abc");
    EXPECT_EQ(state_, Pipe::State::open);
    arrive("defg", start_);
    EXPECT_EQ(at(start_), "de");
    EXPECT_EQ(state_, Pipe::State::cut);
}

TEST_F(FaultProxyPipe, ACutAfterZeroBytesIsImmediate) {
    pipe_.set({.cut_after = 0}, start_);
    ASSERT_TRUE(pipe_.due());
    EXPECT_EQ(at(start_), "");
    EXPECT_EQ(state_, Pipe::State::cut);
}

TEST_F(FaultProxyPipe, SwallowsHeldAndNewBytesAndHidesTheEnd) {
    pipe_.set({.delay = seconds(1)}, start_);
    arrive("held", start_);
    pipe_.set({.swallow = true}, start_);
    arrive("more", start_);
    end(start_);
    EXPECT_EQ(at(start_ + seconds(9)), "");
    EXPECT_EQ(state_, Pipe::State::open);
    EXPECT_EQ(swallowed_, 8U);
    EXPECT_EQ(passed_, 0U);
    pipe_.set({}, start_);
    EXPECT_EQ(at(start_ + seconds(9)), "(end)");
}

TEST_F(FaultProxyPipe, AStallKeepsEverything) {
    arrive("a", start_);
    pipe_.set({.stall = true}, start_);
    EXPECT_FALSE(pipe_.wants_read());
    EXPECT_EQ(at(start_ + seconds(9)), "");
    pipe_.set({}, start_);
    EXPECT_EQ(at(start_ + seconds(9)), "a");
}

TEST_F(FaultProxyPipe, HoldsALimitedNumberOfBytes) {
    pipe_.set({.delay = seconds(1)}, start_);
    int rounds = 0;
    for (; pipe_.wants_read() && rounds < 1000; ++rounds) {
        arrive(std::string(60000, 'x'), start_);
    }
    EXPECT_EQ(rounds, 70);
}

TEST_F(FaultProxyPipe, WaitsForAFullSink) {
    std::string all;
    while (!pipe_.blocked()) {
        arrive(std::string(60000, 'x'), start_);
        all += std::string(60000, 'x');
        pipe_.write(out_[0], start_);
    }
    EXPECT_FALSE(pipe_.due());
    std::size_t got = 0;
    for (int i = 0; i < 1000 && got < all.size(); ++i) {
        pipe_.writable();
        got += at(start_).size();
    }
    EXPECT_EQ(got, all.size());
}

TEST_F(FaultProxyPipe, DetectsAClosedSink) {
    close(std::exchange(out_[1], -1));
    arrive("a", start_);
    EXPECT_EQ(pipe_.write(out_[0], start_), Pipe::State::broken);
}

}  // namespace
}  // namespace fault_proxy
