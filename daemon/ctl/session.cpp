// SPDX-License-Identifier: MIT
#include "daemon/ctl/session.hpp"

#include "config/config.hpp"
#include "daemon/app/database.hpp"
#include "daemon/base/db/conninfo.hpp"

namespace paysync::ctl {

namespace {

constexpr const char* kApplicationName = "paysyncctl";

}  // namespace

Session::Session() = default;
Session::~Session() = default;

const config::Config& Session::config() {
    if (!config_)
        config_ = std::make_unique<const config::Config>(config::load_config(config_path));
    return *config_;
}

std::string Session::conninfo() {
    return conninfo_as_user(conninfo_of(config().database, kApplicationName, Patience::limited));
}

std::string Session::conninfo_without_limits() {
    return conninfo_as_user(conninfo_of(config().database, kApplicationName, Patience::unlimited));
}

std::string Session::conninfo_as_user(std::string conninfo) const {
    return user.empty() ? conninfo : db::conninfo(conninfo, {{"user", user}});
}

}  // namespace paysync::ctl
