#include "spec/json_path.h"

#include <algorithm>
#include <cctype>

namespace henge::spec {
namespace {

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The length of .name, ['name'] or [12] at the front; 0 if there is none.
std::size_t step_length(std::string_view path) {
  if (path.starts_with('.')) {
    const auto end = std::find_if_not(path.begin() + 1, path.end(), is_name_char);
    const auto length = static_cast<std::size_t>(end - path.begin());
    return length > 1 ? length : 0;
  }
  if (path.starts_with("['") || path.starts_with("[\"")) {
    const std::size_t end = path.find(path[1], 2);
    const bool closed =
        end != std::string_view::npos && end > 2 && end + 1 < path.size() && path[end + 1] == ']';
    const bool escaped = closed && path.substr(2, end - 2).find('\\') != std::string_view::npos;
    return closed && !escaped ? end + 2 : 0;
  }
  if (!path.starts_with('[')) return 0;
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos || end == 1 || end > 10) return 0;
  const std::string_view digits = path.substr(1, end - 1);
  return std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) ? end + 1 : 0;
}

}  // namespace

bool is_plain_json_path(std::string_view path) {
  if (!path.starts_with('$') || path.size() == 1) return false;
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t length = step_length(path);
    if (length == 0) return false;
    path.remove_prefix(length);
  }
  return true;
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
