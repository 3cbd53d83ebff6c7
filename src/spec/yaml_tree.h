// A YAML file as a tree in which every value and every key knows its line and column.
// Strict where YAML is lax: duplicate keys, unknown tags, recursive aliases and unbounded expansion
// are mistakes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.h"

namespace henge::spec {

struct Position {
  int line = 0;  // from 1; 0 where there is none
  int column = 0;
  auto operator<=>(const Position&) const = default;
};

enum class NodeKind { null, boolean, integer, number, text, list, map };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::null;
  Position start;
  Position end;
  std::string text;    // scalars: as written, without quotes
  bool plain = false;  // a scalar without quotes
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;  // also set for integers
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the file's order, each key once

  [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Position start;
  Node value;
};

// What a file may cost at the most, aliases counted as often as they are used.
struct YamlLimits {
  std::size_t bytes = 4 * 1024 * 1024;
  int depth = 64;
  std::size_t nodes = 200'000;
};

struct YamlFile {
  std::vector<Node> documents;  // those that were complete before the first syntax error; empty
                                // documents are left out
  std::vector<Diagnostic> diagnostics;
};

YamlFile parse_yaml(const std::string& file, std::string_view text, const YamlLimits& limits);

// Gives an unquoted scalar its kind after YAML 1.2's core rules: null, true, 12, 0x1f, 1.5e3, else
// text.
void resolve_plain(Node& scalar);

// A node's kind as a person would say it: the number 12, a list, nothing.
std::string describe(const Node& node);

}  // namespace henge::spec
