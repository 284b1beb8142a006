// SPDX-License-Identifier: MIT
#pragma once

/// The events that an operator may look for by MESSAGE_ID, whatever their words are. Each has an
/// entry in systemd/paysync.catalog, which `journalctl -x` shows.
namespace paysync::log {

struct Event {
    const char* message_id;
};

inline constexpr Event kStarted{"287ff3b8cf344a8295ad3c23ed9b112f"};
inline constexpr Event kReloaded{"30eaeb296fe44acfad3fe427d9b75c1d"};
inline constexpr Event kReloadRefused{"b85f9a7e44904776959a94ac4fe38cf9"};
inline constexpr Event kUnusable{"06165ef9d5384ea7b7fbf5d795c543dd"};
inline constexpr Event kStalled{"0e38ac733ec84158b3ac0a4f1eb116c2"};
inline constexpr Event kDatabaseLost{"e6ac66a367d7491b8a24f475cde62ef6"};
inline constexpr Event kDatabaseBack{"357bc4684d57481a98fa990dca39784e"};
inline constexpr Event kMailAccountLost{"107ea917fdff4c48b4a1db4b8c988570"};
inline constexpr Event kMailAccountBack{"0491c2987adf4208899358f8373f2849"};
inline constexpr Event kJobFailed{"18716aa151f24fb4bf653f6cb598a40e"};
inline constexpr Event kStageChanged{"15df8b45d8a44f2e9a2f2cd3f56e5c79"};
inline constexpr Event kFuseBlown{"3c4e6d77bafe4744891062fbc5289ed8"};
inline constexpr Event kMailFailed{"98b9e9a8a6f94531b780b3fa4830a8dd"};
inline constexpr Event kMailInDoubt{"22ee411e17ef4b7193ba7af83859359e"};
inline constexpr Event kMailReturned{"a0c09b7d61ff4b31827321fee711c043"};
inline constexpr Event kRuleBroken{"665c89e3175541b0998a9e6b2cdc0162"};
inline constexpr Event kQuarantined{"53cdf05345a44d60b7da579461d49696"};

}  // namespace paysync::log
