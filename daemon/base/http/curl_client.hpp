// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"
#include "daemon/base/http/curl_multi.hpp"

#include <string>

namespace paysync::http {

/// HTTP over libcurl: TLS verified, http and https only, no redirects, no proxy from the
/// environment, answers up to 64 MiB, a stalled answer given up after 30 s.
class CurlClient final : public Client {
public:
    CurlClient(Loop& loop, long max_connections, std::string user_agent);

    Task<Response> send(Request request, std::stop_token stop) override;

private:
    CurlMulti multi_;
    std::string user_agent_;
};

}  // namespace paysync::http
