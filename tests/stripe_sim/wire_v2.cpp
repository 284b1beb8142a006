// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/wire_v2.hpp"

#include "tests/stripe_sim/error.hpp"

#include <cstdio>
#include <ctime>

namespace stripe_sim {
namespace {

constexpr int64_t kDay = 24 * 3600;

/// v1 names a member `a[b][0]`, v2 `a.b.0`.
std::string dotted(const std::string& text) {
    std::string out;
    for (char c : text) {
        if (c == '[') {
            out += '.';
        } else if (c != ']') {
            out += c;
        }
    }
    return out;
}

}  // namespace

bool is_v2(const Call& call) {
    return call.path.starts_with("/v2/");
}

int64_t idempotency_seconds(const Call& call) {
    return is_v2(call) ? 30 * kDay : kDay;
}

void check_content_type(const Call& call) {
    if (call.method != "POST" || call.body.empty()) {
        return;
    }
    const char* wanted = is_v2(call)                ? "application/json"
                         : call.path == "/v1/files" ? "multipart/form-data"
                                                    : "application/x-www-form-urlencoded";
    if (!call.content_type.starts_with(wanted)) {
        throw invalid_request("Invalid request (check that your POST content type is " +
                              std::string(wanted) + ").")
            .forget();
    }
}

// Documented of v2's errors: the same envelope, and `invalid_fields` as the code of bad fields. Not
// documented: all other codes, and whether `param` and `doc_url` exist. So the other codes are
// those of v1, and the two members are left out.
std::string v2_error_body(const std::string& v1_body) {
    Json body = Json::parse(v1_body, nullptr, false);
    if (!body.is_object() || !member(body, "error").is_object()) {
        return v1_body;
    }
    const Json& old = body["error"];
    std::string code = text_of(old, "code");
    std::string message = text_of(old, "message");
    bool fields = old.contains("param") || code.starts_with("parameter_");
    Json error = Json::object();
    for (const char* name : {"code", "message", "type"}) {
        if (old.contains(name)) {
            error[name] = old[name];
        }
    }
    if (fields && code != "resource_missing") {
        error["code"] = "invalid_fields";
        error["message"] = dotted(message);
    }
    return dump(Json{{"error", error}});
}

std::string rfc3339(int64_t seconds) {
    std::time_t time = seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    return text;
}

Json rfc3339_or_null(const Json& seconds) {
    return seconds.is_number_integer() ? Json(rfc3339(seconds.get<int64_t>())) : Json();
}

std::optional<int64_t> parse_rfc3339(const std::string& text) {
    std::tm parts{};
    const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == nullptr) {
        return std::nullopt;
    }
    if (*rest == '.') {
        do {
            ++rest;
        } while (*rest >= '0' && *rest <= '9');
    }
    if (std::string(rest) != "Z") {
        return std::nullopt;
    }
    return timegm(&parts);
}

}  // namespace stripe_sim
