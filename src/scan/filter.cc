#include "scan/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "scan/java_number.h"
#include "scan/predicate.h"

namespace henge::scan {

namespace {

using Json = nlohmann::json;

bool holds(Match match, bool include_unknown) {
  return match == Match::yes || (include_unknown && match == Match::unknown);
}

}  // namespace

class FilterNode {
 public:
  virtual ~FilterNode() = default;
  // With `include_unknown`, comparisons that null makes unknown hold: how Druid takes them into a
  // negation.
  [[nodiscard]] virtual bool matches(std::span<const Field> fields, bool include_unknown) const = 0;
};

namespace {

using Nodes = std::vector<std::unique_ptr<FilterNode>>;

class Constant : public FilterNode {
 public:
  explicit Constant(bool value) : value_(value) {}
  [[nodiscard]] bool matches(std::span<const Field>, bool) const override { return value_; }

 private:
  bool value_;
};

class Leaf : public FilterNode {
 public:
  Leaf(std::size_t column, std::unique_ptr<Predicate> predicate)
      : column_(column), predicate_(std::move(predicate)) {}
  [[nodiscard]] bool matches(std::span<const Field> fields, bool include_unknown) const override {
    const Field& field = fields[column_];
    if (const auto* integer = std::get_if<std::int64_t>(&field))
      return predicate_->of_long(*integer);
    if (const auto* decimal = std::get_if<double>(&field)) return predicate_->of_double(*decimal);
    const auto* texts = std::get_if<Texts>(&field);
    if (texts == nullptr || texts->empty()) return holds(predicate_->of_null(), include_unknown);
    return std::ranges::any_of(*texts,
                               [&](const std::string& text) { return predicate_->of_text(text); });
  }

 private:
  std::size_t column_;
  std::unique_ptr<Predicate> predicate_;
};

class All : public FilterNode {
 public:
  explicit All(Nodes nodes) : nodes_(std::move(nodes)) {}
  [[nodiscard]] bool matches(std::span<const Field> fields, bool include_unknown) const override {
    return std::ranges::all_of(
        nodes_, [&](const auto& node) { return node->matches(fields, include_unknown); });
  }

 private:
  Nodes nodes_;
};

class Any : public FilterNode {
 public:
  explicit Any(Nodes nodes) : nodes_(std::move(nodes)) {}
  [[nodiscard]] bool matches(std::span<const Field> fields, bool include_unknown) const override {
    return std::ranges::any_of(
        nodes_, [&](const auto& node) { return node->matches(fields, include_unknown); });
  }

 private:
  Nodes nodes_;
};

class Not : public FilterNode {
 public:
  explicit Not(std::unique_ptr<FilterNode> node) : node_(std::move(node)) {}
  [[nodiscard]] bool matches(std::span<const Field> fields, bool include_unknown) const override {
    return !node_->matches(fields, !include_unknown);
  }

 private:
  std::unique_ptr<FilterNode> node_;
};

// istrue and isfalse: what is unknown is neither, and that is known.
class Is : public FilterNode {
 public:
  Is(std::unique_ptr<FilterNode> node, bool value) : node_(std::move(node)), value_(value) {}
  [[nodiscard]] bool matches(std::span<const Field> fields, bool) const override {
    return value_ ? node_->matches(fields, false) : !node_->matches(fields, true);
  }

 private:
  std::unique_ptr<FilterNode> node_;
  bool value_;
};

tl::unexpected<Error> only_druid(std::string_view what) {
  return fail(ErrorKind::refused, fmt::format("only Druid can evaluate {}", what));
}

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("the filter {}", what));
}

// A text as Jackson reads it into a String. Floats are left to Druid: how they were written
// decides.
Result<std::optional<std::string>> text_of(const Json& value) {
  if (value.is_null()) return std::optional<std::string>();
  if (value.is_string()) return std::optional(value.get<std::string>());
  if (value.is_boolean()) return std::optional<std::string>(value.get<bool>() ? "true" : "false");
  if (value.is_number_integer()) return std::optional(value.dump());
  return only_druid(fmt::format("the value {}", value.dump()));
}

Result<ValueType> type_of(const Json& filter) {
  const std::string name = filter.value("matchValueType", "");
  if (name == "STRING") return ValueType::text;
  if (name == "LONG") return ValueType::integer;
  // Druid compares floats as doubles here.
  if (name == "DOUBLE" || name == "FLOAT") return ValueType::decimal;
  return only_druid(fmt::format("a matchValueType '{}'", name));
}

Result<Typed> typed(const Json& value, ValueType type) {
  Typed result{type, {}, 0, 0};
  if (type == ValueType::text) {
    TRY(auto text, text_of(value));
    if (!text) return malformed("compares with null");
    result.text = std::move(*text);
    return result;
  }
  if (value.is_number_integer()) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
      return only_druid("a number of more than 64 bits");
    result.integer = value.get<std::int64_t>();
    result.decimal = static_cast<double>(result.integer);
  } else if (value.is_number_float()) {
    result.decimal = value.get<double>();
    result.integer = to_long(result.decimal);
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    const auto integer = try_parse_long(text);
    const auto decimal =
        integer ? std::optional(static_cast<double>(*integer)) : parse_double(text);
    if (is_word(text, "true") || is_word(text, "false"))
      return only_druid("a truth value as a number");
    if (!decimal) return malformed(fmt::format("compares with '{}', which is no number", text));
    result.integer = integer.value_or(to_long(*decimal));
    result.decimal = *decimal;
  } else {
    return only_druid(fmt::format("the value {}", value.dump()));
  }
  if (type == ValueType::integer) result.decimal = static_cast<double>(result.integer);
  result.text =
      type == ValueType::integer ? fmt::format("{}", result.integer) : java_text(result.decimal);
  return result;
}

Result<Bounds> bounds_of(const Json& filter, ValueType type, const char* lower_open,
                         const char* upper_open) {
  Bounds bounds;
  if (filter.contains("lower") && !filter["lower"].is_null()) {
    TRY(bounds.lower, typed(filter["lower"], type));
  }
  if (filter.contains("upper") && !filter["upper"].is_null()) {
    TRY(bounds.upper, typed(filter["upper"], type));
  }
  if (!bounds.lower && !bounds.upper) return malformed("has neither lower nor upper");
  bounds.lower_open = filter.value(lower_open, false);
  bounds.upper_open = filter.value(upper_open, false);
  return bounds;
}

Result<std::unique_ptr<Predicate>> in_set(const Json& values) {
  auto set = std::make_unique<InSet>();
  for (const Json& value : values) {
    TRY(const auto text, text_of(value));
    set->add(text);
  }
  return set;
}

// Whether a value is written in the type itself, so that Druid has nothing to convert.
bool is_of_type(const Json& value, ValueType type, bool is_sorted) {
  switch (type) {
    case ValueType::text:
      return value.is_string();
    case ValueType::integer:
      return value.is_number_integer();
    case ValueType::decimal:
      return is_sorted ? value.is_number_float() : value.is_number();
  }
  return false;
}

bool is_ascending(const Typed& a, const Typed& b) {
  if (a.type == ValueType::text) return compare_texts(a.text, b.text) < 0;
  return a.type == ValueType::integer ? a.integer < b.integer
                                      : compare_doubles(a.decimal, b.decimal) < 0;
}

// Druid searches sortedValues by halves: in another order it finds them or not.
Result<std::unique_ptr<Predicate>> typed_set(const Json& filter, ValueType type) {
  const bool is_sorted = filter.contains("sortedValues") && !filter["sortedValues"].is_null();
  const Json values = filter.value(is_sorted ? "sortedValues" : "values", Json());
  if (!values.is_array() || (is_sorted && filter.contains("values")))
    return malformed("'inType' needs either values or sortedValues");
  if (filter.value("matchValueType", "") == "FLOAT") return only_druid("inType of FLOAT");
  auto set = std::make_unique<InSet>();
  std::optional<Typed> last;
  for (const Json& value : values) {
    if (value.is_null()) {
      if (is_sorted && last) return only_druid("inType with null behind a value");
      set->add(std::optional<std::string>());
      continue;
    }
    if (!is_of_type(value, type, is_sorted))
      return only_druid(fmt::format("inType with the value {}", value.dump()));
    TRY(auto one, typed(value, type));
    if (is_sorted && last && !is_ascending(*last, one)) return only_druid("an unsorted inType");
    set->add(one);
    last = std::move(one);
  }
  return set;
}

Result<std::unique_ptr<Predicate>> bound_of(const Json& filter) {
  const std::string ordering = filter.value("ordering", "lexicographic");
  if ((ordering != "lexicographic" && ordering != "numeric") || filter.contains("alphaNumeric")) {
    return only_druid(fmt::format("a bound in {} order", ordering));
  }
  TRY(auto bounds, bounds_of(filter, ValueType::text, "lowerStrict", "upperStrict"));
  return std::make_unique<Bound>(std::move(bounds), ordering == "numeric");
}

Result<std::unique_ptr<Predicate>> predicate_of(const std::string& type, const Json& filter) {
  if (type == "null") return std::make_unique<IsNull>();
  if (type == "selector")
    return in_set(Json::array({filter.contains("value") ? filter["value"] : Json()}));
  if (type == "in") {
    if (!filter.contains("values") || !filter["values"].is_array())
      return malformed("'in' has no values");
    return in_set(filter["values"]);
  }
  if (type == "bound") return bound_of(filter);
  TRY(const ValueType value_type, type_of(filter));
  if (type == "range") {
    TRY(auto bounds, bounds_of(filter, value_type, "lowerOpen", "upperOpen"));
    return std::make_unique<Range>(std::move(bounds), value_type);
  }
  if (type == "inType") return typed_set(filter, value_type);
  if (!filter.contains("matchValue")) return malformed("'equals' has no matchValue");
  TRY(auto value, typed(filter["matchValue"], value_type));
  return std::make_unique<Equals>(std::move(value));
}

class Compiler {
 public:
  explicit Compiler(const std::vector<std::string>& computed) : computed_(computed) {}

  Result<std::unique_ptr<FilterNode>> node(const Json& filter) {
    if (!filter.is_object() || !filter.contains("type") || !filter["type"].is_string())
      return malformed("has no type");
    const std::string type = filter["type"];
    if (type == "true" || type == "false") return std::make_unique<Constant>(type == "true");
    if (type == "not" || type == "istrue" || type == "isfalse") {
      if (!filter.contains("field")) return malformed(fmt::format("'{}' has no field", type));
      TRY(auto inner, node(filter["field"]));
      if (type == "not") return std::make_unique<Not>(std::move(inner));
      return std::make_unique<Is>(std::move(inner), type == "istrue");
    }
    if (type == "and" || type == "or") {
      TRY(auto inner, nodes(filter));
      if (type == "and") return std::make_unique<All>(std::move(inner));
      return std::make_unique<Any>(std::move(inner));
    }
    return leaf(type, filter);
  }

  std::vector<std::string> columns;

 private:
  Result<Nodes> nodes(const Json& filter) {
    if (!filter.contains("fields") || !filter["fields"].is_array() || filter["fields"].empty())
      return malformed("has no fields");
    Nodes all;
    for (const Json& one : filter["fields"]) {
      TRY(auto inner, node(one));
      all.push_back(std::move(inner));
    }
    return all;
  }

  Result<std::unique_ptr<FilterNode>> leaf(const std::string& type, const Json& filter) {
    const bool typed_form =
        type == "equals" || type == "range" || type == "null" || type == "inType";
    if (!typed_form && type != "selector" && type != "in" && type != "bound") {
      return only_druid(fmt::format("filters of type '{}'", type));
    }
    if (filter.contains("extractionFn") && !filter["extractionFn"].is_null())
      return only_druid("extraction functions");
    const char* key = typed_form ? "column" : "dimension";
    if (!filter.contains(key) || !filter[key].is_string())
      return malformed(fmt::format("'{}' has no {}", type, key));
    const std::string column = filter[key];
    if (std::ranges::find(computed_, column) != computed_.end()) {
      return only_druid(fmt::format("column '{}', which a transform computes", column));
    }
    TRY(auto predicate, predicate_of(type, filter));
    const auto known = std::ranges::find(columns, column);
    const auto index = static_cast<std::size_t>(known - columns.begin());
    if (known == columns.end()) columns.push_back(column);
    return std::make_unique<Leaf>(index, std::move(predicate));
  }

  const std::vector<std::string>& computed_;
};

}  // namespace

Filter::Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Result<Filter> Filter::compile(const JsonText& spec, const std::vector<std::string>& computed) {
  const Json json = Json::parse(spec.text, nullptr, false);
  if (json.is_discarded()) return malformed("is no JSON");
  Compiler compiler(computed);
  try {
    TRY(auto root, compiler.node(json));
    Filter filter;
    filter.columns_ = std::move(compiler.columns);
    filter.root_ = std::move(root);
    return filter;
  } catch (const Json::exception& e) {
    return malformed(fmt::format("has a field of the wrong type: {}", e.what()));
  }
}

bool Filter::matches(std::span<const Field> fields) const {
  return root_->matches(fields, false);
}

}  // namespace henge::scan
