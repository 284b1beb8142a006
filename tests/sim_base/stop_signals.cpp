// SPDX-License-Identifier: MIT
#include "tests/sim_base/stop_signals.hpp"

namespace sim_base {

StopSignals::StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignals::wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
}

}  // namespace sim_base
