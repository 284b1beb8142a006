// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/wakeup.hpp"

#include <map>
#include <string>
#include <utility>

namespace paysync::payment_requests {

/// How many deliveries are under way by each mail account. Each account has the same number of
/// slots, so a slow or silent mail server occupies its own and no other's:
///
///     Slots slots(16);
///     auto slot = slots.take("second");   // given back when `slot` is destroyed
///     slots.free("second");               // 15
///
/// A delivery that only waits for the database to store its result gives its slot back early
/// (Slot::release()), so that such results cannot use up the slots. Loop thread only.
class Slots {
public:
    class Slot {
    public:
        Slot(Slots& owner, std::string account) : owner_(&owner), account_(std::move(account)) {
            ++owner_->taken_[account_];
            ++owner_->all_taken_;
        }
        ~Slot() { release(); }
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;

        /// Gives the slot back. Does nothing the second time.
        void release() {
            if (auto* const owner = std::exchange(owner_, nullptr))
                owner->give_back(account_);
        }

    private:
        Slots* owner_;
        std::string account_;
    };

    /// `refill`: changed() is notified when an account has this many free slots again.
    Slots(int per_account, int refill) : per_account_(per_account), refill_(refill) {}

    Slot take(std::string account) { return Slot(*this, std::move(account)); }

    int free(const std::string& account) const {
        const auto found = taken_.find(account);
        return per_account_ - (found == taken_.end() ? 0 : found->second);
    }

    /// Whether so many slots are free that it is worth asking for deliveries.
    bool wants_more(const std::string& account) const { return free(account) >= refill_; }

    /// Of all accounts.
    int taken() const noexcept { return all_taken_; }

    Wakeup& changed() noexcept { return changed_; }

private:
    void give_back(const std::string& account) {
        --all_taken_;
        if (--taken_[account] == per_account_ - refill_)
            changed_.notify();
    }

    const int per_account_;
    const int refill_;
    std::map<std::string, int> taken_;
    int all_taken_ = 0;
    Wakeup changed_;
};

}  // namespace paysync::payment_requests
