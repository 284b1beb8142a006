// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

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

    /// What SQL has to know (`pay_private.deployment`).
    struct Deployment {
        std::int64_t max_message_size = 10000000;  ///< bytes that the mail servers take
        std::string time_zone = "UTC";             ///< of companies that have none
        std::string send_from = "00:00";           ///< reminders go out from this time of day on
        std::string send_until = "24:00";          ///< and before this one
        std::chrono::milliseconds reminder_distance{3600000};
    } deployment;

    /// How long things are kept that nobody needs any more.
    struct Retention {
        std::chrono::milliseconds calls = std::chrono::hours(400 * 24);
        std::chrono::milliseconds attempts = std::chrono::hours(400 * 24);
        std::chrono::milliseconds messages = std::chrono::hours(90 * 24);  ///< their bytes
    } keep;
};

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::payment_requests
