// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/server.hpp"

#include "tests/stripe_sim/pages.hpp"
#include "tests/stripe_sim/script.hpp"

#include <stdexcept>

namespace stripe_sim {

Server::Server(const Options& options)
    : options_(options),
      world_(options_),
      api_(world_, options_),
      listener_([this](const Call& call) { return handle(call); }, options_.max_threads),
      port_(listener_.bind(options_.host, options_.port)),
      base_url_("http://" + options_.host + ":" + std::to_string(port_)) {
    world_.set_public_url(base_url_);
    for (const std::string& part : options_.generate) {
        Json params = Json::parse(part, nullptr, false);
        if (!params.is_object()) {
            throw std::runtime_error("generate: not a JSON object: " + part);
        }
        try {
            generated_.push_back(world_.generate(params));
        } catch (const ApiError& error) {
            throw std::runtime_error("generate: " + text_of(error.error(), "param") + ": " +
                                     text_of(error.error(), "message"));
        }
    }
    thread_ = std::thread([this] { listener_.serve(); });
    listener_.wait_until_serving();
}

Server::~Server() {
    stop();
}

void Server::stop() {
    if (thread_.joinable()) {
        listener_.close();
        thread_.join();
    }
}

Answer Server::handle(const Call& call) {
    if (call.path.starts_with("/_sim/")) {
        return script(world_, api_, call);
    }
    bool api = call.path.starts_with("/v1/") || call.path.starts_with("/v2/") ||
               call.path == "/oauth/token" || call.path == "/oauth/deauthorize";
    return api ? api_.handle(call) : page(world_, options_, call);
}

}  // namespace stripe_sim
