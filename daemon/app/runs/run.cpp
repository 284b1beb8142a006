// SPDX-License-Identifier: MIT
#include "daemon/app/runs/run.hpp"

namespace paysync::runs {

const char* to_string(Outcome::State state) noexcept {
    switch (state) {
        case Outcome::State::ok:
            return "ok";
        case Outcome::State::partial:
            return "partial";
        case Outcome::State::error:
            return "error";
    }
    return "error";
}

}  // namespace paysync::runs
