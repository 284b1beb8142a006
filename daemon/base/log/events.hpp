// SPDX-License-Identifier: MIT
#pragma once

/// Events with a fixed id. An operator can filter and alert on the id, `journalctl MESSAGE_ID=…`,
/// even if the text of the line changes in a later version. An id is never changed or reused.
/// systemd/paysync.catalog explains each event; `journalctl -x` shows the explanation.
namespace paysync::log {

struct Event {
    const char* message_id;  ///< 128 bits in hexadecimal digits, made by `systemd-id128 new`
};

/// The daemon has started.
inline constexpr Event kStarted{"287ff3b8cf344a8295ad3c23ed9b112f"};
/// A new configuration is in effect.
inline constexpr Event kReloaded{"30eaeb296fe44acfad3fe427d9b75c1d"};
/// A reload failed, the old configuration stays in effect.
inline constexpr Event kReloadRefused{"b85f9a7e44904776959a94ac4fe38cf9"};
/// The daemon ends, for example because of its configuration.
inline constexpr Event kCannotRun{"06165ef9d5384ea7b7fbf5d795c543dd"};
/// No progress, the watchdog will restart the daemon.
inline constexpr Event kStalled{"0e38ac733ec84158b3ac0a4f1eb116c2"};
/// PostgreSQL is unavailable.
inline constexpr Event kDatabaseLost{"e6ac66a367d7491b8a24f475cde62ef6"};
/// PostgreSQL is available again.
inline constexpr Event kDatabaseBack{"357bc4684d57481a98fa990dca39784e"};
/// A mail server does not accept messages.
inline constexpr Event kMailAccountLost{"107ea917fdff4c48b4a1db4b8c988570"};
/// It accepts messages again.
inline constexpr Event kMailAccountBack{"0491c2987adf4208899358f8373f2849"};
/// A pass of a job ended with an error.
inline constexpr Event kJobFailed{"18716aa151f24fb4bf653f6cb598a40e"};
/// The onboarding stage of an account has changed.
inline constexpr Event kStageChanged{"15df8b45d8a44f2e9a2f2cd3f56e5c79"};
/// Too many stages would change at once, none was changed.
inline constexpr Event kFuseBlown{"3c4e6d77bafe4744891062fbc5289ed8"};
/// A delivery has failed for good.
inline constexpr Event kMailFailed{"98b9e9a8a6f94531b780b3fa4830a8dd"};
/// Unknown whether a message was accepted.
inline constexpr Event kMailInDoubt{"22ee411e17ef4b7193ba7af83859359e"};
/// A message bounced.
inline constexpr Event kMailReturned{"a0c09b7d61ff4b31827321fee711c043"};
/// Stored rows contradict each other.
inline constexpr Event kRuleBroken{"665c89e3175541b0998a9e6b2cdc0162"};
/// An object from Stripe could not be read.
inline constexpr Event kQuarantined{"53cdf05345a44d60b7da579461d49696"};

}  // namespace paysync::log
