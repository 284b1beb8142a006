// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace paysync {

/// The places of a job: how many pieces of work it does at a time, and for which companies. An
/// account that Stripe does not answer for must not stop the others, so a piece that takes longer
/// than 3 s does not count any more, and its company gets no further places beyond a quarter. There
/// are never more than twice as many pieces as places.
///
///     FairPlaces places(context.clock, 16);
///     claim(places.free(), places.busy());            // nothing of busy companies
///     const auto place = places.take("bakery");       // given back when `place` is destroyed
///
/// Loop thread only.
class FairPlaces {
public:
    /// A piece that takes longer waits for somebody who does not answer.
    static constexpr std::chrono::seconds kLong{3};

    FairPlaces(Clock& clock, int places) : clock_(&clock), places_(places) {}

private:
    struct Held {
        std::string company;
        std::chrono::steady_clock::time_point since;
    };

public:
    class Place {
    public:
        Place(FairPlaces& owner, std::string company)
            : owner_(&owner),
              held_(owner.held_.insert(owner.held_.end(),
                                       Held{std::move(company), owner.clock_->now()})) {}
        ~Place() { release(); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// Gives the place back. Does nothing the second time.
        void release() {
            if (auto* const owner = std::exchange(owner_, nullptr))
                owner->held_.erase(held_);
        }

    private:
        FairPlaces* owner_;
        std::list<Held>::iterator held_;
    };

    Place take(std::string company) { return Place(*this, std::move(company)); }

    /// Pieces under way, long ones included.
    int taken() const noexcept { return static_cast<int>(held_.size()); }

    int free() const {
        const auto now = clock_->now();
        const auto young = std::count_if(
            held_.begin(), held_.end(), [&](const Held& held) { return now - held.since < kLong; });
        return places_ - std::max(static_cast<int>(young), taken() - places_);
    }

    /// Companies of which a piece takes long and which have a quarter of all places.
    std::vector<std::string> busy() const {
        std::map<std::string, std::pair<int, bool>> companies;
        const auto now = clock_->now();
        for (const auto& held : held_) {
            auto& [count, is_long] = companies[held.company];
            ++count;
            is_long = is_long || now - held.since >= kLong;
        }
        std::vector<std::string> all;
        for (const auto& [company, state] : companies)
            if (state.second && 4 * state.first >= places_)
                all.push_back(company);
        return all;
    }

private:
    Clock* clock_;
    int places_;
    std::list<Held> held_;
};

}  // namespace paysync
