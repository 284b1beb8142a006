// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/wakeup.hpp"
#include "jobs/frame/fair_places.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace paysync::payment_requests {

/// How many deliveries are under way by each mail account. Each account has the same number of
/// slots, so a slow or silent mail server occupies its own and no other's, and its companies share
/// them (FairPlaces):
///
///     Slots slots(context.clock, 16, 4);
///     auto slot = slots.take("second", "bakery");   // given back when `slot` is destroyed
///     slots.free("second");                         // 15
///
/// A delivery that only waits for the database to store its result gives its slot back early
/// (Slot::release()), so that such results cannot use up the slots. Loop thread only.
class Slots {
public:
    class Slot {
    public:
        Slot(Slots& owner, const std::string& account, std::string company)
            : owner_(&owner), account_(account), place_(owner.of(account), std::move(company)) {}
        ~Slot() { release(); }
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;

        /// Gives the slot back. Does nothing the second time.
        void release() {
            if (auto* const owner = std::exchange(owner_, nullptr)) {
                place_.release();
                owner->given_back(account_);
            }
        }

    private:
        Slots* owner_;
        std::string account_;
        FairPlaces::Place place_;
    };

    /// `refill`: changed() is notified when an account has this many free slots again.
    Slots(Clock& clock, int per_account, int refill)
        : clock_(clock), per_account_(per_account), refill_(refill) {}

    Slot take(const std::string& account, std::string company) {
        return Slot(*this, account, std::move(company));
    }

    int free(const std::string& account) const {
        const auto found = accounts_.find(account);
        return found == accounts_.end() ? per_account_ : found->second.free();
    }

    /// Companies that get no more slots of their account for now.
    std::vector<std::string> busy() const {
        std::vector<std::string> all;
        for (const auto& [account, places] : accounts_)
            for (auto& company : places.busy())
                all.push_back(std::move(company));
        return all;
    }

    /// Whether so many slots are free that it is worth asking for deliveries.
    bool wants_more(const std::string& account) const { return free(account) >= refill_; }

    /// Of all accounts.
    int taken() const noexcept {
        int all = 0;
        for (const auto& [account, places] : accounts_)
            all += places.taken();
        return all;
    }

    Wakeup& changed() noexcept { return changed_; }

private:
    FairPlaces& of(const std::string& account) {
        return accounts_.try_emplace(account, clock_, per_account_).first->second;
    }
    void given_back(const std::string& account) {
        if (wants_more(account))
            changed_.notify();
    }

    Clock& clock_;
    const int per_account_;
    const int refill_;
    std::map<std::string, FairPlaces> accounts_;
    Wakeup changed_;
};

}  // namespace paysync::payment_requests
