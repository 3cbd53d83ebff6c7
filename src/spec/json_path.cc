#include "spec/json_path.h"

#include <algorithm>

#include "model/json_path.h"

namespace henge::spec {
bool is_plain_json_path(std::string_view path) {
  return parse_json_path(path).has_value();
}

bool is_plain_path(const View& field) {
  const std::string type = field["type"].text_or("");
  if (type == "root") return true;
  if (type == "tree") {
    const std::vector<View> nodes = field["nodes"].items();
    return !nodes.empty() &&
           std::ranges::all_of(nodes, [](const View& n) { return n.is(NodeKind::text); });
  }
  return type == "path" && is_plain_json_path(field["expr"].text_or(""));
}

}  // namespace henge::spec
