// SPDX-License-Identifier: MIT
#include "daemon/base/bus/notify.hpp"

#include "daemon/base/loop/clock.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace paysync::bus {
namespace {

using namespace std::chrono_literals;

/// A socket in the place of systemd's.
class SystemdNotify : public testing::Test {
protected:
    SystemdNotify() {
        char name[] = "/tmp/paysync-notify.XXXXXX";
        folder_ = ::mkdtemp(name);
        const auto path = folder_ / "socket";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
        // Few enough messages to fit into the socket while nothing reads them.
        ::setenv("WATCHDOG_USEC", "100000", 1);
    }
    ~SystemdNotify() override {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
        ::close(socket_);
        std::filesystem::remove_all(folder_);
    }
    std::vector<std::string> heard() {
        std::vector<std::string> messages;
        char buffer[4096];
        for (;;) {
            const auto size = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
            if (size <= 0)
                return messages;
            messages.emplace_back(buffer, static_cast<std::size_t>(size));
        }
    }
    void turn(std::chrono::milliseconds duration) {
        LoopClock clock(loop_);
        run_task(loop_, clock.sleep(duration, std::stop_token()));
    }

    Loop loop_;
    std::filesystem::path folder_;
    int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_F(SystemdNotify, AnswersTheWatchdogOnlyWhileTheLoopMakesProgress) {
    bool well = true;
    Notify notify(loop_, [&well] { return well; });
    turn(250ms);
    EXPECT_GE(heard().size(), 2U);
    well = false;
    turn(250ms);
    EXPECT_TRUE(heard().empty());
    well = true;
    turn(250ms);
    EXPECT_FALSE(heard().empty());
}

TEST_F(SystemdNotify, SendsAStatusOnceAndAnnouncesReloads) {
    ::unsetenv("WATCHDOG_USEC");
    Notify notify(loop_, [] { return true; });
    notify.status("running");
    notify.status("running");
    notify.reloading();
    notify.ready();
    const auto messages = heard();
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0], "STATUS=running");
    EXPECT_TRUE(messages[1].starts_with("RELOADING=1\nMONOTONIC_USEC=")) << messages[1];
    EXPECT_EQ(messages[2], "READY=1");
}

}  // namespace
}  // namespace paysync::bus
