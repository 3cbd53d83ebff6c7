#include "spec/view.h"

#include <fmt/format.h>

namespace henge::spec {

View view_of(const Node& document) {
  return {&document, document.start, ""};
}

namespace {

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

}  // namespace

View View::operator[](std::string_view name) const {
  std::string child = below(path, name);
  const Entry* entry = is(NodeKind::map) ? node->find(name) : nullptr;
  if (!entry) return {nullptr, key, std::move(child)};
  return {&entry->value, entry->start, std::move(child)};
}

std::vector<View> View::items() const {
  std::vector<View> all;
  if (!is(NodeKind::list)) return all;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const Node& item = node->items[i];
    all.push_back({&item, item.start, fmt::format("{}[{}]", path, i)});
  }
  return all;
}

std::vector<std::pair<std::string, View>> View::fields() const {
  std::vector<std::pair<std::string, View>> all;
  if (!is(NodeKind::map)) return all;
  for (const Entry& entry : node->entries) {
    all.emplace_back(entry.key, View{&entry.value, entry.start, below(path, entry.key)});
  }
  return all;
}

std::optional<std::string> View::text() const {
  return is(NodeKind::text) ? std::optional(node->text) : std::nullopt;
}

std::string View::text_or(std::string_view fallback) const {
  return text().value_or(std::string(fallback));
}

std::optional<std::string> View::scalar() const {
  if (!node || is(NodeKind::null) || is(NodeKind::list) || is(NodeKind::map)) return std::nullopt;
  return node->text;
}

std::optional<bool> View::boolean() const {
  return is(NodeKind::boolean) ? std::optional(node->boolean) : std::nullopt;
}

std::optional<std::int64_t> View::integer() const {
  return is(NodeKind::integer) ? std::optional(node->integer) : std::nullopt;
}

std::optional<double> View::number() const {
  return is(NodeKind::integer) || is(NodeKind::number) ? std::optional(node->number) : std::nullopt;
}

std::optional<Millis> View::period() const {
  if (!is(NodeKind::text)) return std::nullopt;
  auto parsed = parse_period(node->text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<Granularity> View::granularity() const {
  if (!is(NodeKind::text)) return std::nullopt;
  auto parsed = parse_granularity(node->text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace henge::spec
