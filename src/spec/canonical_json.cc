#include "spec/canonical_json.h"

#include <fmt/format.h>

#include <set>

#include "spec/json_tree.h"

namespace henge::spec {
namespace {

// Builds the tree while it refuses what nlohmann's own parser lets pass: repeated keys and rounded
// integers.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& written) override {
    if (written.find_first_of(".eE") != std::string::npos) return put(value);
    return refuse(fmt::format("the integer {} does not fit 64 bits", written));
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary values are no JSON"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name))
      return refuse(fmt::format("the key \"{}\" is there twice", name));
    key_ = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& why) override {
    if (!error_.empty()) return false;
    const auto before = text_.substr(0, position > 0 ? position - 1 : 0);
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto line_start = before.rfind('\n');
    const auto column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1);
    error_ = fmt::format("line {}, column {}: {}", line, column + 1, reason(why.what()));
    return false;
  }

  Json root;
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
  // ..." -> its last part.
  static std::string reason(std::string_view what) {
    const auto at = what.find("syntax error");
    return std::string(at == std::string_view::npos ? what : what.substr(at));
  }
  bool refuse(std::string why) {
    error_ = std::move(why);
    return false;
  }
  Json* place(Json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    return &((*open_.back())[key_] = std::move(value));
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json empty) {
    if (open_.size() >= json_depth_max) {
      return refuse(fmt::format("nested deeper than {} levels", json_depth_max));
    }
    open_.push_back(place(std::move(empty)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  std::vector<Json*>
      open_;  // from the root to the innermost; std::map and a closed array's parent keep addresses
  std::string key_;
  std::string error_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Builder builder(text);
  const bool parsed = Json::sax_parse(text, &builder);
  if (!builder.error().empty() || !parsed) {
    return fail(ErrorKind::invalid, "not usable as JSON: " + builder.error());
  }
  return std::move(builder.root);
}

JsonText to_text(const Json& tree) {
  return {tree.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

const Json& at_or_null(const Json& tree, std::string_view key) {
  static const Json nothing;
  if (!tree.is_object()) return nothing;
  const auto found = tree.find(key);
  return found == tree.end() ? nothing : *found;
}

std::string string_at(const Json& tree, std::string_view key) {
  const Json& value = at_or_null(tree, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

Result<JsonText> canonical(std::string_view text) {
  TRY(const Json tree, parse_json(text));
  return to_text(tree);
}

std::string pretty(const JsonText& json) {
  const auto tree = parse_json(json);
  if (!tree) return json.text;
  return tree->dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace henge::spec
