#include "spec/node_json.h"

#include <cmath>

#include "spec/json_tree.h"

namespace henge::spec {
namespace {

Json json_of_node(const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      return nullptr;
    case NodeKind::boolean:
      return node.boolean;
    case NodeKind::integer:
      return node.integer;
    case NodeKind::number:
      return std::isfinite(node.number) ? Json(node.number) : Json();
    case NodeKind::text:
      return node.text;
    case NodeKind::list: {
      Json items = Json::array();
      for (const Node& item : node.items) items.push_back(json_of_node(item));
      return items;
    }
    case NodeKind::map: {
      Json object = Json::object();
      for (const Entry& entry : node.entries) object[entry.key] = json_of_node(entry.value);
      return object;
    }
  }
  return nullptr;
}

}  // namespace

JsonText json_of(const View& value) {
  return value ? to_text(json_of_node(*value.node)) : JsonText{};
}

JsonText json_with(const View& object, std::string_view name, std::string_view value) {
  Json json = object.is(NodeKind::map) ? json_of_node(*object.node) : Json::object();
  json[std::string(name)] = std::string(value);
  return to_text(json);
}

JsonText json_of_named(std::string_view type, std::string_view name) {
  return to_text(Json{{"name", std::string(name)}, {"type", std::string(type)}});
}

}  // namespace henge::spec
