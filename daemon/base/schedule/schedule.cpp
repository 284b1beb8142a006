// SPDX-License-Identifier: MIT
#include "daemon/base/schedule/schedule.hpp"

namespace paysync::schedule {

std::chrono::system_clock::time_point next_in_phase(std::chrono::milliseconds every,
                                                    std::chrono::milliseconds phase,
                                                    std::chrono::system_clock::time_point now) {
    using std::chrono::milliseconds;
    const auto offset = std::chrono::floor<milliseconds>(now.time_since_epoch()) - phase;
    const auto past = (offset % every + every) % every;
    return std::chrono::system_clock::time_point(offset - past + every + phase);
}

}  // namespace paysync::schedule
