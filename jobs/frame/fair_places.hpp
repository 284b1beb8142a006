// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace paysync {

/// Which companies have the places of a job. One whose account does not answer must not take all of
/// them: a company has at most three times as many as are free. So a single company has three
/// quarters of all, and there is a place for another one.
///
///     FairPlaces places(16);
///     claim(places.free(), places.busy());   // nothing of busy companies
///     places.take("bakery");
///     …
///     places.give_back("bakery");
///
/// A claim of several pieces gives one company share(wanted) of them at most. Loop thread only.
class FairPlaces {
public:
    explicit FairPlaces(int places) : places_(places) {}

    void take(const std::string& company) {
        ++of_[company];
        ++taken_;
    }
    void give_back(const std::string& company) {
        --taken_;
        const auto found = of_.find(company);
        if (--found->second == 0)
            of_.erase(found);
    }

    int taken() const noexcept { return taken_; }
    int free() const noexcept { return places_ - taken_; }

    /// How many of so many places one company may take at a time.
    static constexpr int share(int places) { return std::max(1, places - places / 4); }

    /// Companies that have as many as they may.
    std::vector<std::string> busy() const {
        std::vector<std::string> all;
        for (const auto& [company, count] : of_)
            if (count >= 3 * free())
                all.push_back(company);
        return all;
    }

    /// Holds a place as long as it exists.
    class Place {
    public:
        Place(FairPlaces& places, std::string company)
            : places_(places), company_(std::move(company)) {
            places_.take(company_);
        }
        ~Place() { places_.give_back(company_); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        FairPlaces& places_;
        std::string company_;
    };

private:
    const int places_;
    std::map<std::string, int> of_;
    int taken_ = 0;
};

}  // namespace paysync
