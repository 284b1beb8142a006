// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace paysync::config {
class Section;
}

namespace paysync::payment_requests {

/// The treatment of a delivery in doubt: leave it to a person, or send it again and risk a second
/// copy.
enum class OnInDoubt { hold, resend };

/// The section `jobs.payment_requests`.
struct Settings {
    std::chrono::milliseconds every{2000};
    int concurrency = 16;  ///< deliveries worked on at once
    OnInDoubt on_in_doubt = OnInDoubt::hold;
    std::chrono::milliseconds give_up_after{432000000};  ///< age of a delivery's frozen bytes
    std::chrono::milliseconds first_retry{300000};
    std::chrono::milliseconds last_retry{3600000};
};

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::payment_requests
