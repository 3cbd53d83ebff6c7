// What the parts of the twin's HTTP side share: a request taken apart, errors as Druid answers
// them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/result.h"
#include "runtime/http_server.h"

namespace henge::sim {

using Query = std::vector<std::pair<std::string, std::string>>;

std::string percent_decode(std::string_view text);
std::vector<std::string> path_parts(std::string_view path);
Query query_of(std::string_view target);
// The first of that name; empty if there is none.
std::string query_value(const Query& query, std::string_view name);
runtime::ServerResponse error_response(const Error& error);
runtime::ServerResponse no_such_path(bool behind_proxy);

}  // namespace henge::sim
