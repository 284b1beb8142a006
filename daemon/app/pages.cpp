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
using PagePromise = std::promise<metrics::Page>;

/// Prometheus gives up after 10 s.
constexpr auto kPageTimeout = 8s;

Task<void> fulfil(std::shared_ptr<Engine> engine, std::string path,
                  std::shared_ptr<PagePromise> promise) {
    auto page = co_await engine->monitor().page(path);
    promise->set_value(std::move(page));
}

}  // namespace

Pages::Server Pages::move_to(const config::Metrics& section) {
    if (section.host == address_.host && section.port == address_.port)
        return nullptr;
    Server server;
    if (section.host) {
        server = std::make_unique<metrics::Server>(
            *section.host, section.port,
            [this](const std::string& path) { return make_page(path); });
        spdlog::info("metrics: listening at http://{}:{}/", *section.host, server->port());
    }
    address_ = section;
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

metrics::Page Pages::make_page(const std::string& path) {
    const auto promise = std::make_shared<PagePromise>();
    auto page = promise->get_future();
    loop_.post([this, path, promise] {
        loop_.spawn(fulfil(engine_(), path, promise), [](std::exception_ptr) {});
    });
    if (page.wait_for(kPageTimeout) != std::future_status::ready)
        return {503, "text/plain; charset=utf-8",
                "the event loop or the database does not answer\n"};
    return page.get();
}

}  // namespace paysync
