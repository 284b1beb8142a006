// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/app/engine.hpp"
#include "daemon/base/metrics/server.hpp"

#include <functional>
#include <memory>
#include <string>

namespace paysync {

/// Metrics and health by HTTP, of whichever engine is at work. Pages are asked for on threads of
/// the server and made on the loop, so that a loop that is stuck shows.
class Pages {
public:
    using Server = std::unique_ptr<metrics::Server>;

    Pages(Loop& loop, std::function<std::shared_ptr<Engine>()> engine)
        : loop_(loop), engine_(std::move(engine)) {}

    /// Listens where the section says, if that is another place than now, and yields the server of
    /// the place before, which is to be closed. Throws std::runtime_error when the address cannot
    /// be had, and listens where it did.
    Server move_to(const config::Metrics& section);

    /// Ends a server, or the one that listens now, when its last page is made.
    Task<void> close(Server server);
    Task<void> close();

private:
    metrics::Page ask(const std::string& path);

    Loop& loop_;
    std::function<std::shared_ptr<Engine>()> engine_;
    config::Metrics place_;
    Server server_;
};

}  // namespace paysync
