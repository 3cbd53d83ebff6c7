// libyaml's events into a tree. libyaml itself keeps neither duplicate keys nor aliases apart; this
// does.
#include "spec/yaml_tree.h"

#include <fmt/format.h>
#include <yaml.h>

#include <map>
#include <optional>
#include <set>

namespace henge::spec {
namespace {

Position position_of(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

std::string text_of(const yaml_char_t* text) {
  return text ? std::string(reinterpret_cast<const char*>(text)) : std::string();
}

// Long texts weigh more, so that aliases cannot multiply them without bound.
std::size_t weight_of(const Node& node) {
  std::size_t weight = 1 + node.text.size() / 64;
  for (const Node& item : node.items) weight += weight_of(item);
  for (const Entry& entry : node.entries) weight += 1 + weight_of(entry.value);
  return weight;
}

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw_); }

  bool read(yaml_parser_t& parser) {
    yaml_event_delete(&raw_);
    return yaml_parser_parse(&parser, &raw_) != 0;
  }
  [[nodiscard]] yaml_event_type_t type() const { return raw_.type; }
  [[nodiscard]] Position start() const { return position_of(raw_.start_mark); }
  [[nodiscard]] Position end() const { return position_of(raw_.end_mark); }
  [[nodiscard]] const yaml_event_t& raw() const { return raw_; }

 private:
  yaml_event_t raw_{};
};

class TreeBuilder {
 public:
  TreeBuilder(const std::string& file, std::string_view text, const YamlLimits& limits)
      : file_(file), text_(text), limits_(limits) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;
  ~TreeBuilder() { yaml_parser_delete(&parser_); }

  YamlFile run() {
    while (next() && event_.type() != YAML_STREAM_END_EVENT) {
      if (event_.type() != YAML_DOCUMENT_START_EVENT) continue;
      anchors_.clear();
      std::optional<Node> root = next() ? build(0) : std::nullopt;
      if (!root) break;
      if (root->kind != NodeKind::null) result_.documents.push_back(std::move(*root));
    }
    return std::move(result_);
  }

 private:
  // Each returns nothing once the file cannot be read on; the mistake is in result_ then.
  std::optional<Node> build(int depth) {
    if (depth > limits_.depth) {
      complain(event_.start(), "too_deep",
               fmt::format("more than {} levels of nesting", limits_.depth), "");
      return std::nullopt;
    }
    if (event_.type() == YAML_ALIAS_EVENT) return alias();
    if (!weigh(1)) return std::nullopt;
    std::string anchor = anchor_of();
    std::optional<Node> node;
    if (event_.type() == YAML_SCALAR_EVENT) node = scalar();
    if (event_.type() == YAML_SEQUENCE_START_EVENT)
      node = list(depth);
    else if (event_.type() == YAML_MAPPING_START_EVENT)
      node = map(depth);
    if (node && !anchor.empty()) anchors_[anchor] = *node;
    return node;
  }

  std::string anchor_of() const {
    const yaml_event_t& raw = event_.raw();
    if (event_.type() == YAML_SCALAR_EVENT) return text_of(raw.data.scalar.anchor);
    if (event_.type() == YAML_SEQUENCE_START_EVENT) return text_of(raw.data.sequence_start.anchor);
    if (event_.type() == YAML_MAPPING_START_EVENT) return text_of(raw.data.mapping_start.anchor);
    return {};
  }

  std::optional<Node> alias() {
    std::string name = text_of(event_.raw().data.alias.anchor);
    auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      complain(event_.start(), "unknown_alias",
               fmt::format("no anchor &{} is complete before this alias", name), "");
      return std::nullopt;
    }
    if (!weigh(weight_of(found->second))) return std::nullopt;
    return found->second;
  }

  std::optional<Node> scalar() {
    const auto& raw = event_.raw().data.scalar;
    Node node;
    node.start = event_.start();
    node.end = event_.end();
    node.text.assign(reinterpret_cast<const char*>(raw.value), raw.length);
    node.kind = NodeKind::text;
    const std::string tag = text_of(raw.tag);
    if (!weigh(node.text.size() / 64)) return std::nullopt;
    node.plain = tag.empty() && raw.style == YAML_PLAIN_SCALAR_STYLE;
    if (node.plain)
      resolve_plain(node);
    else if (!tag.empty() && tag != "!" && tag != YAML_STR_TAG)
      complain_of_tag(tag);
    return node;
  }

  void complain_of_tag(const std::string& tag) {
    complain(event_.start(), "unknown_tag", fmt::format("the tag {} has no meaning here", tag),
             "leave the tag out; put quotes around a value that shall be text");
  }

  std::optional<Node> list(int depth) {
    Node node;
    node.kind = NodeKind::list;
    node.start = event_.start();
    if (std::string tag = text_of(event_.raw().data.sequence_start.tag); !tag.empty())
      complain_of_tag(tag);
    while (next()) {
      if (event_.type() == YAML_SEQUENCE_END_EVENT) {
        node.end = event_.end();
        return node;
      }
      std::optional<Node> item = build(depth + 1);
      if (!item) return std::nullopt;
      node.items.push_back(std::move(*item));
    }
    return std::nullopt;
  }

  std::optional<Node> map(int depth) {
    Node node;
    node.kind = NodeKind::map;
    node.start = event_.start();
    if (std::string tag = text_of(event_.raw().data.mapping_start.tag); !tag.empty())
      complain_of_tag(tag);
    std::map<std::string, Position> seen;
    std::vector<Node> merged;
    while (next()) {
      if (event_.type() == YAML_MAPPING_END_EVENT) {
        node.end = event_.end();
        for (const Node& from : merged) take_missing(from, seen, node);
        return node;
      }
      if (!entry(depth, seen, merged, node)) return std::nullopt;
    }
    return std::nullopt;
  }

  bool entry(int depth, std::map<std::string, Position>& seen, std::vector<Node>& merged,
             Node& node) {
    Entry entry;
    entry.start = event_.start();
    std::optional<Node> key = build(depth + 1);
    if (!key) return false;
    if (key->kind == NodeKind::list || key->kind == NodeKind::map) {
      complain(entry.start, "bad_key", "a key must be a plain name, not a list or map", "");
    }
    entry.key = std::move(key->text);
    if (!next()) return false;
    std::optional<Node> value = build(depth + 1);
    if (!value) return false;
    if (entry.key == "<<" && key->plain) return merge(std::move(*value), merged);
    auto [before, is_new] = seen.emplace(entry.key, entry.start);
    if (!is_new) {
      complain(
          entry.start, "duplicate_key",
          fmt::format("the key {} was already given in line {}", entry.key, before->second.line),
          "keep one of the two");
      return true;
    }
    entry.value = std::move(*value);
    node.entries.push_back(std::move(entry));
    return true;
  }

  // <<: *base, or a list of such: fields that the map does not have itself.
  bool merge(Node value, std::vector<Node>& merged) {
    std::vector<Node> sources;
    if (value.kind == NodeKind::list)
      sources = std::move(value.items);
    else
      sources.push_back(std::move(value));
    for (Node& source : sources) {
      if (source.kind == NodeKind::map)
        merged.push_back(std::move(source));
      else
        complain(source.start, "bad_merge",
                 "<< takes a map or an alias to one, found " + describe(source), "");
    }
    return true;
  }

  static void take_missing(const Node& from, std::map<std::string, Position>& seen, Node& into) {
    for (const Entry& entry : from.entries) {
      if (seen.emplace(entry.key, entry.start).second) into.entries.push_back(entry);
    }
  }

  bool weigh(std::size_t weight) {
    weight_ += weight;
    if (weight_ <= limits_.nodes) return true;
    complain(
        event_.start(), "too_large",
        fmt::format("more than {} values, aliases counted each time they are used", limits_.nodes),
        "split the file");
    return false;
  }

  bool next() {
    if (event_.read(parser_)) return true;
    Position at = position_of(parser_.problem_mark);
    std::string problem = parser_.problem ? parser_.problem : "unreadable";
    if (parser_.error == YAML_READER_ERROR) {
      at = position_at_byte(parser_.problem_offset);
      problem += fmt::format(" (byte {})", parser_.problem_offset);
    }
    std::string context = parser_.context ? fmt::format(" {}", parser_.context) : std::string();
    complain(at, "not_yaml", fmt::format("not valid YAML: {}{}", problem, context), hint_at(at));
    return false;
  }

  Position position_at_byte(std::size_t offset) const {
    std::string_view before = text_.substr(0, std::min(offset, text_.size()));
    const auto line = std::ranges::count(before, '\n');
    const std::size_t start =
        before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {static_cast<int>(line) + 1, static_cast<int>(before.size() - start) + 1};
  }

  std::string hint_at(Position at) const {
    std::string_view rest = text_;
    for (int line = 1; line < at.line && !rest.empty(); ++line) {
      const std::size_t end = rest.find('\n');
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    rest = rest.substr(0, rest.find('\n'));
    const bool tab =
        rest.substr(0, rest.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
    return tab ? "YAML indents with spaces; this line begins with a tab" : "";
  }

  void complain(Position at, const char* code, std::string message, std::string hint) {
    result_.diagnostics.push_back({Severity::error,
                                   {file_, at.line, at.column},
                                   "",
                                   std::move(message),
                                   std::move(hint),
                                   code});
  }

  const std::string& file_;
  std::string_view text_;
  YamlLimits limits_;
  yaml_parser_t parser_{};
  Event event_;
  std::map<std::string, Node> anchors_;
  std::size_t weight_ = 0;
  YamlFile result_;
};

}  // namespace

const Entry* Node::find(std::string_view key) const {
  auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &*found;
}

YamlFile parse_yaml(const std::string& file, std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    YamlFile refused;
    refused.diagnostics.push_back(
        {Severity::error,
         {file, 0, 0},
         "",
         fmt::format("{} bytes; a file may have {}", text.size(), limits.bytes),
         "split the file",
         "too_large"});
    return refused;
  }
  return TreeBuilder(file, text, limits).run();
}

}  // namespace henge::spec
