// A value in a file together with the path that leads to it: what checks and readers walk over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/granularity.h"
#include "model/time.h"
#include "spec/yaml_tree.h"

namespace henge::spec {

// An absent field is a view too: it has the path and its parent's place, and no node. A view does
// not own the tree. The readers give nothing where the field is absent or of another kind; that was
// reported by the shape check.
struct View {
  const Node* node = nullptr;
  Position key;      // of the field's name; of the value for list items and the document
  std::string path;  // spec.schema.metrics[2].type

  explicit operator bool() const { return node != nullptr; }
  [[nodiscard]] Position place() const { return node ? node->start : key; }
  [[nodiscard]] bool is(NodeKind kind) const { return node && node->kind == kind; }

  View operator[](std::string_view name) const;
  [[nodiscard]] std::vector<View> items() const;                           // of a list
  [[nodiscard]] std::vector<std::pair<std::string, View>> fields() const;  // of a map

  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::string text_or(std::string_view fallback) const;
  [[nodiscard]] std::optional<std::string> scalar() const;  // text, number or boolean, as written
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<double> number() const;  // whole or not
  [[nodiscard]] std::optional<Millis> period() const;
  [[nodiscard]] std::optional<Granularity> granularity() const;
};

View view_of(const Node& document);

}  // namespace henge::spec
