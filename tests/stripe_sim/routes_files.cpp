// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/files.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/router.hpp"

namespace stripe_sim {
namespace {

Reply upload(Context& context) {
    std::map<std::string, Part> parts = parse_multipart(context.content_type, context.body);
    for (const auto& [name, part] : parts) {
        if (name != "purpose" && name != "file" && !name.starts_with("expand[")) {
            throw parameter_unknown(name);
        }
    }
    if (!parts.contains("purpose")) {
        throw parameter_missing("purpose");
    }
    if (!parts.contains("file")) {
        throw parameter_missing("file");
    }
    const Part& file = parts["file"];
    if (!file.file) {
        throw parameter_invalid("", "file", "Invalid file: must be an uploaded file.");
    }
    std::string purpose = parts["purpose"].value;
    check_upload(purpose, file);
    World& world = context.world;
    std::string id = world.ids().next("file_1");
    // The contents are not kept: nothing shows them, and there is no URL to read them.
    Json object = {{"id", id}, {"object", "file"}};
    object["created"] = world.now();
    object["expires_at"] = nullptr;
    object["filename"] = file.filename;
    object["links"] = {{"object", "list"},
                       {"data", Json::array()},
                       {"has_more", false},
                       {"url", "/v1/file_links?file=" + id}};
    object["purpose"] = purpose;
    object["size"] = file.value.size();
    object["title"] = nullptr;
    object["type"] = image_of(file.value).type;
    object["url"] = nullptr;
    world.add(context.account.files, object, {{"purpose", purpose}});
    return object_reply(object);
}

}  // namespace

void add_file_routes(Router& router) {
    router.add("POST", "/v1/files", upload);
    router.add_collection("/v1/files", "file", &Account::files,
                          std::string(kListParameters) + "purpose str ");
}

}  // namespace stripe_sim
