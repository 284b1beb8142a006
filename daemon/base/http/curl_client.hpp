// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"
#include "daemon/base/http/curl_multi.hpp"

#include <string>

namespace paysync::http {

/// The HTTP client of the daemon, on libcurl.
///
/// - Verifies TLS certificates. Accepts the schemes http and https only.
/// - Follows no redirects, and ignores proxies in environment variables.
/// - Gives up after 10 s without a connection, and after 30 s without a byte of the response.
/// - Refuses responses larger than 64 MiB. These limits result in ConnectionError.
///
/// Loop thread only. Must outlive its requests.
class CurlClient final : public Client {
public:
    /// `max_connections` limits how many connections are open at once; 0 = no limit. Further
    /// requests wait for a free one.
    CurlClient(Loop& loop, long max_connections, std::string user_agent);

    Task<Response> send(Request request, std::stop_token stop) override;

private:
    CurlMulti multi_;
    std::string user_agent_;
};

}  // namespace paysync::http
