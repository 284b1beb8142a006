// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/collection.hpp"
#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/page.hpp"
#include "tests/stripe_sim/schema.hpp"
#include "tests/stripe_sim/world.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stripe_sim {

/// The input of a handler: the acting account, the ids in the path and the raw parameters. The
/// world is locked meanwhile.
struct Context {
    World& world;
    Account& account;
    std::vector<std::string> ids;
    FormPairs params;
    std::string path;
    std::string key;
    std::string body;
    std::string content_type;
};

/// The result of a handler: an object, or the page of a list in pieces.
struct Reply {
    std::vector<Item> items;
    /// The sources that the items point to.
    std::vector<std::shared_ptr<const Source>> sources;
    bool list = false;
    bool has_more = false;
    std::string url;

    std::string body() const;
};

using Handler = std::function<Reply(Context&)>;

struct Route {
    std::string method;
    std::vector<std::string> segments;
    /// The call is about connected accounts and cannot be made in the name of one.
    bool platform_only = false;
    Handler handler;
    std::string name;
};

/// Finds the handler for a method and a path; `{}` in a pattern stands for an id.
class Router {
public:
    void add(const std::string& method, const std::string& pattern, Handler handler,
             bool platform_only = false);
    /// Adds `GET /v1/x` and `GET /v1/x/{}` for a collection of the acting account. `extra` may move
    /// checked parameters into the query; it removes the parameters that it has used.
    void add_collection(const std::string& path, const std::string& kind,
                        Collection Account::*collection, const std::string& parameters,
                        std::function<void(Context&, Json&, ListQuery&)> extra = nullptr);
    const Route* find(const std::string& method, const std::string& path,
                      std::vector<std::string>& ids) const;
    /// "METHOD /path" of all routes.
    std::vector<std::string> names() const;

private:
    std::vector<Route> routes_;
};

Reply object_reply(const Json& object);
/// The object, expanded as the parameters say.
Reply object_reply(Context& context, const Text& text, const Json& params);
/// The page, expanded as the parameters say. Throws if the cursor is unknown.
Reply list_reply(Context& context, const Collection& collection, const std::string& kind,
                 const ListQuery& query, const Json& params);

void add_account_routes(Router& router);
void add_account_v2_routes(Router& router);
void add_file_routes(Router& router);
void add_link_routes(Router& router);
void add_money_routes(Router& router);

}  // namespace stripe_sim
