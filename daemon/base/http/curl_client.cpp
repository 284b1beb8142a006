// SPDX-License-Identifier: MIT
#include "daemon/base/http/curl_client.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

namespace paysync::http {

namespace {

constexpr std::size_t kMaxBody = 64UL << 20;

std::size_t append_body(char* data, std::size_t, std::size_t size, void* response) {
    auto& body = static_cast<Response*>(response)->body;
    if (body.size() + size > kMaxBody)
        return 0;  // curl ends the transfer with CURLE_WRITE_ERROR
    body.append(data, size);
    return size;
}

std::size_t store_header(char* data, std::size_t, std::size_t size, void* response) {
    const std::string line(data, size);
    const auto colon = line.find(':');
    if (colon == std::string::npos)
        return size;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto first = line.find_first_not_of(" \t", colon + 1);
    const auto last = line.find_last_not_of(" \t\r\n");
    static_cast<Response*>(response)->headers[name] =
        first == std::string::npos || last < first ? "" : line.substr(first, last - first + 1);
    return size;
}

StringList header_list(const Request& request) {
    curl_slist* list = nullptr;
    for (const auto& [name, value] : request.headers)
        list = curl_slist_append(list, (name + ": " + value).c_str());
    // An empty Expect header: otherwise curl waits up to 1 s for "100 Continue" before it sends a
    // long body.
    list = curl_slist_append(list, "Expect:");
    return StringList(list, &curl_slist_free_all);
}

}  // namespace

std::string Response::header(const std::string& lower_case_name) const {
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? "" : found->second;
}

CurlClient::CurlClient(Loop& loop, long max_connections, std::string user_agent)
    : multi_(loop, max_connections), user_agent_(std::move(user_agent)) {}

Task<Response> CurlClient::send(Request request, std::stop_token stop) {
    const Easy easy(curl_easy_init(), &curl_easy_cleanup);
    const StringList headers = header_list(request);
    Response response;
    char problem[CURL_ERROR_SIZE] = "";

    set_option(easy.get(), CURLOPT_URL, request.url.c_str());
    set_option(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(easy.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method == "POST") {
        set_option(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.body.size()));
        set_option(easy.get(), CURLOPT_POSTFIELDS, request.body.data());
    }
    // libcurl repeats a request on its own if a kept-alive connection closes before the first byte
    // of the response. It never does so on a new connection.
    set_option(easy.get(), CURLOPT_FRESH_CONNECT, request.at_most_once ? 1L : 0L);
    set_option(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    set_option(easy.get(), CURLOPT_USERAGENT, user_agent_.c_str());
    set_option(easy.get(), CURLOPT_ACCEPT_ENCODING, "");
    set_option(easy.get(), CURLOPT_PROXY, "");
    set_option(easy.get(), CURLOPT_NOSIGNAL, 1L);
    set_option(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set_option(easy.get(), CURLOPT_CONNECTTIMEOUT, 10L);
    set_option(easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    set_option(easy.get(), CURLOPT_LOW_SPEED_TIME, 30L);
    set_option(easy.get(), CURLOPT_WRITEFUNCTION, &append_body);
    set_option(easy.get(), CURLOPT_WRITEDATA, static_cast<void*>(&response));
    set_option(easy.get(), CURLOPT_HEADERFUNCTION, &store_header);
    set_option(easy.get(), CURLOPT_HEADERDATA, static_cast<void*>(&response));
    set_option(easy.get(), CURLOPT_ERRORBUFFER, problem);

    Transfer transfer(multi_, easy.get(), stop);
    const CURLcode code = co_await transfer;
    if (code != CURLE_OK)
        throw ConnectionError(problem[0] ? problem : curl_easy_strerror(code));

    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    co_return response;
}

}  // namespace paysync::http
