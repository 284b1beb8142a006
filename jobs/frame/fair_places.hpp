// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace paysync {

/// The places of a job: how many pieces of work it does at a time, and for which owners. An owner
/// is a company or its Stripe account; one that Stripe does not answer for must not stop the
/// others:
///
/// - A piece that takes longer than 3 s does not count any more. There are never more than
///   sixteen times as many pieces as places.
/// - An owner with a piece that has made no progress for 3 s is slow. It gets no further places
///   beyond a quarter of all, until one of its pieces ends without such a wait. So a third owner
///   still finds a place when several hang at once, and at each of their next attempts.
///
///     FairPlaces places(context.clock, 16);
///     claim(places.free(), places.busy());            // nothing of busy owners
///     const auto place = places.take("bakery");       // given back when `place` is destroyed
///
/// Loop thread only.
class FairPlaces {
public:
    /// A piece that takes longer waits for somebody who does not answer.
    static constexpr std::chrono::seconds kLong{3};
    /// The most pieces, long ones included, for each place.
    static constexpr int kMostPerPlace = 16;

    FairPlaces(Clock& clock, int places) : clock_(&clock), places_(places) {}

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Held {
        std::string owner;
        Time since;
        Time progress;  ///< the last one
    };

public:
    class Place {
    public:
        Place(FairPlaces& places, std::string owner)
            : places_(&places),
              held_(places.held_.insert(
                  places.held_.end(),
                  Held{std::move(owner), places.clock_->now(), places.clock_->now()})) {}
        ~Place() { release(); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// The piece is long, but its owner answers.
        void progressed() {
            if (places_)
                held_->progress = places_->clock_->now();
        }

        /// Gives the place back. Does nothing the second time.
        void release() {
            if (auto* const places = std::exchange(places_, nullptr))
                places->give_back(held_);
        }

    private:
        FairPlaces* places_;
        std::list<Held>::iterator held_;
    };

    Place take(std::string owner) { return Place(*this, std::move(owner)); }

    /// Pieces under way, long ones included.
    int taken() const noexcept { return static_cast<int>(held_.size()); }

    int free() const {
        const auto now = clock_->now();
        const auto young = std::count_if(
            held_.begin(), held_.end(), [&](const Held& held) { return now - held.since < kLong; });
        return places_ - std::max(static_cast<int>(young), taken() - (kMostPerPlace - 1) * places_);
    }

    /// Slow owners that have a quarter of all places.
    std::vector<std::string> busy() const {
        struct State {
            int pieces = 0;
            bool is_slow = false;
        };
        std::map<std::string, State> owners;
        for (const auto& held : held_) {
            auto& state =
                owners.try_emplace(held.owner, State{0, slow_.count(held.owner) > 0}).first->second;
            ++state.pieces;
            state.is_slow = state.is_slow || is_stuck(held);
        }
        std::vector<std::string> all;
        for (const auto& [owner, state] : owners)
            if (state.is_slow && 4 * state.pieces >= places_)
                all.push_back(owner);
        return all;
    }

private:
    bool is_stuck(const Held& held) const { return clock_->now() - held.progress >= kLong; }
    void give_back(std::list<Held>::iterator held) {
        if (is_stuck(*held))
            slow_.insert(held->owner);
        else
            slow_.erase(held->owner);
        held_.erase(held);
    }

    Clock* clock_;
    int places_;
    std::list<Held> held_;
    std::set<std::string> slow_;  ///< of which the last piece that ended was stuck
};

}  // namespace paysync
