// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/app/engine.hpp"
#include "daemon/base/metrics/server.hpp"

#include <functional>
#include <memory>
#include <string>

namespace paysync {

/// Metrics and health pages over HTTP, always of the engine that is at work at that moment.
///
/// The server has threads of its own, but every page is made on the loop thread. A loop that is
/// stuck therefore answers 503 after 8 s, which a monitor notices.
class Pages {
public:
    using Server = std::unique_ptr<metrics::Server>;

    Pages(Loop& loop, std::function<std::shared_ptr<Engine>()> engine)
        : loop_(loop), engine_(std::move(engine)) {}

    /// Listens at the configured address, if it differs from the present one. Returns the server of
    /// the previous address, which the caller closes. Throws std::runtime_error when the address
    /// cannot be used, and keeps listening at the previous one.
    Server move_to(const config::Metrics& section);

    /// Closes a server, or the present one, after the pages that are being made.
    Task<void> close(Server server);
    Task<void> close();

private:
    metrics::Page make_page(const std::string& path);

    Loop& loop_;
    std::function<std::shared_ptr<Engine>()> engine_;
    config::Metrics address_;
    Server server_;
};

}  // namespace paysync
