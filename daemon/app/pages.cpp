// SPDX-License-Identifier: MIT
#include "daemon/app/pages.hpp"

#include "daemon/base/loop/offload.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <utility>

namespace paysync {

namespace {

using namespace std::chrono_literals;
using Answer = std::promise<metrics::Page>;

/// Prometheus gives up after 10 s.
constexpr auto kPatience = 8s;

Task<void> answer(std::shared_ptr<Engine> engine, std::string path,
                  std::shared_ptr<Answer> answer) {
    auto made = co_await engine->monitor().page(path);
    answer->set_value(std::move(made));
}

}  // namespace

Pages::Server Pages::move_to(const config::Metrics& section) {
    if (section.host == place_.host && section.port == place_.port)
        return nullptr;
    Server server;
    if (section.host) {
        server = std::make_unique<metrics::Server>(
            *section.host, section.port, [this](const std::string& path) { return ask(path); });
        spdlog::info("metrics and health are at http://{}:{}/", *section.host, server->port());
    }
    place_ = section;
    return std::exchange(server_, std::move(server));
}

Task<void> Pages::close(Server server) {
    Offload end(loop_, [&server] { server.reset(); });
    co_await end;
}

Task<void> Pages::close() {
    auto server = std::move(server_);
    co_await close(std::move(server));
}

metrics::Page Pages::ask(const std::string& path) {
    const auto answered = std::make_shared<Answer>();
    auto page = answered->get_future();
    loop_.post([this, path, answered] {
        loop_.spawn(answer(engine_(), path, answered), [](std::exception_ptr) {});
    });
    if (page.wait_for(kPatience) != std::future_status::ready)
        return {503, "text/plain; charset=utf-8",
                "the event loop or the database does not answer\n"};
    return page.get();
}

}  // namespace paysync
