// Whether henge can evaluate the user's filter itself, and so count what Druid must have.
#include <fmt/format.h>

#include <array>
#include <set>

#include "spec/json_path.h"
#include "spec/suggest.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

struct FilterKind {
  std::string_view type;
  bool evaluable;
  std::array<std::string_view, 2> needs;
  std::string_view column;  // the field that names the column it reads
};

// Source: Druid's reference page on native filters.
constexpr FilterKind kinds[] = {
    {"selector", true, {"dimension"}, "dimension"},
    {"equals", true, {"column", "matchValue"}, "column"},
    {"in", true, {"dimension", "values"}, "dimension"},
    {"inType", true, {"column", "matchValueType"}, "column"},
    {"bound", true, {"dimension"}, "dimension"},
    {"range", true, {"column", "matchValueType"}, "column"},
    {"null", true, {"column"}, "column"},
    {"and", true, {"fields"}, ""},
    {"or", true, {"fields"}, ""},
    {"not", true, {"field"}, ""},
    {"true", true, {}, ""},
    {"false", true, {}, ""},
    {"expression", false, {"expression"}, ""},
    {"like", false, {"dimension", "pattern"}, "dimension"},
    {"regex", false, {"dimension", "pattern"}, "dimension"},
    {"search", false, {"dimension", "query"}, "dimension"},
    {"interval", false, {"dimension", "intervals"}, "dimension"},
    {"columnComparison", false, {"dimensions"}, ""},
    {"arrayContainsElement", false, {"column"}, "column"},
    {"javascript", false, {"dimension", "function"}, "dimension"},
    {"extraction", false, {"dimension"}, "dimension"},
    {"spatial", false, {"dimension"}, "dimension"},
    {"isfalse", true, {"field"}, ""},
    {"istrue", true, {"field"}, ""},
};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const FilterKind& kind : kinds) names.emplace_back(kind.type);
  return names;
}

class FilterCheck {
 public:
  FilterCheck(std::set<std::string> computed, Report& report)
      : computed_(std::move(computed)), report_(report) {}

  void walk(const View& filter) {
    if (!filter) return;
    if (!filter.is(NodeKind::map)) {
      report_.add("wrong_type", filter, "expected a filter, found " + describe(*filter.node),
                  "a filter is a map with a type");
      return;
    }
    const View type = filter["type"];
    if (!type.text()) {
      report_.add("filter_incomplete", type, "a filter needs type", "");
      return;
    }
    const auto* kind = std::ranges::find(kinds, *type.text(), &FilterKind::type);
    if (kind == std::end(kinds)) {
      reported("filter_not_evaluable", type,
               fmt::format("henge does not know the filter type {}", *type.text()),
               suggestion(*type.text(), kind_names()));
      return;
    }
    walk_known(filter, *kind);
  }

  [[nodiscard]] Proof proof() const { return proof_; }

 private:
  void walk_known(const View& filter, const FilterKind& kind) {
    for (std::string_view need : kind.needs) {
      if (need.empty() || filter[need]) continue;
      report_.add("filter_incomplete", filter[need],
                  fmt::format("a filter of type {} needs {}", kind.type, need), "");
    }
    if (!kind.evaluable) {
      reported("filter_not_evaluable", filter["type"],
               fmt::format("henge cannot evaluate a filter of type {} itself", kind.type),
               "chunks are then proven by what Druid's tasks report, not by henge's own count");
    } else if (filter["extractionFn"]) {
      reported("filter_not_evaluable", filter["extractionFn"],
               "henge cannot evaluate extraction functions itself", "");
    }
    if (kind.evaluable) walk_values(filter, kind);
    if (!kind.column.empty()) column(filter[kind.column]);
    walk(filter["field"]);
    const View fields = filter["fields"];
    if (fields && !fields.is(NodeKind::list)) {
      report_.add("wrong_type", fields,
                  "expected a list of filters, found " + describe(*fields.node), "");
    }
    for (const View& field : fields.items()) walk(field);
  }

  // What an evaluable kind may still hold that only Druid can evaluate, or that nobody can.
  void walk_values(const View& filter, const FilterKind& kind) {
    if (kind.type == "bound") ordering(filter);
    if (kind.type == "bound" || kind.type == "range") {
      if (!is_given(filter["lower"]) && !is_given(filter["upper"]))
        report_.add("filter_incomplete", filter, "the filter has neither lower nor upper", "");
    }
    if (kind.type == "equals" || kind.type == "range" || kind.type == "inType") value_type(filter);
    if (kind.type == "selector") value(filter["value"]);
    if (kind.type == "in") {
      const View values = filter["values"];
      if (values && !values.is(NodeKind::list)) {
        report_.add("wrong_type", values,
                    "expected a list of values, found " + describe(*values.node), "");
      }
      for (const View& one : values.items()) value(one);
    }
    if ((kind.type == "and" || kind.type == "or") && filter["fields"].is(NodeKind::list) &&
        filter["fields"].items().empty()) {
      report_.add("filter_incomplete", filter["fields"],
                  fmt::format("a filter of type {} needs at least one field", kind.type), "");
    }
  }

  static bool is_given(const View& value) { return value && !value.is(NodeKind::null); }

  void ordering(const View& filter) {
    const std::string name = filter["ordering"].text_or("lexicographic");
    if (name != "lexicographic" && name != "numeric") {
      reported("filter_not_evaluable", filter["ordering"],
               fmt::format("only Druid can evaluate a bound in {} order", name),
               "lexicographic and numeric are evaluated here");
    } else if (filter["alphaNumeric"]) {
      reported("filter_not_evaluable", filter["alphaNumeric"],
               "only Druid can evaluate a bound in alphanumeric order", "use ordering");
    }
  }

  void value_type(const View& filter) {
    static constexpr std::array<std::string_view, 4> known{"STRING", "LONG", "DOUBLE", "FLOAT"};
    const std::string name = filter["matchValueType"].text_or("");
    if (std::ranges::find(known, name) == known.end()) {
      reported("filter_not_evaluable", filter["matchValueType"],
               fmt::format("only Druid can evaluate a matchValueType '{}'", name),
               "STRING, LONG, DOUBLE and FLOAT are evaluated here");
    } else if (name == "FLOAT" && filter["type"].text_or("") == "inType") {
      reported("filter_not_evaluable", filter["matchValueType"],
               "only Druid can evaluate inType of FLOAT", "");
    }
  }

  // Druid compares with the text of a number as it was written, which is gone here.
  void value(const View& value) {
    if (!value.is(NodeKind::number)) return;
    reported("filter_not_evaluable", value,
             fmt::format("only Druid can evaluate the value {}", value.scalar().value_or("")),
             "write it as text");
  }

  void column(const View& name) {
    const std::string text = name.text_or("");
    if (computed_.contains(text)) {
      reported("filter_on_transform", name,
               fmt::format("henge does not compute the column {} itself", text),
               "chunks are then proven by what Druid's tasks report, not by henge's own count");
    } else if (text.starts_with("kafka.") || text.starts_with("__henge")) {
      report_.add("reserved_column", name,
                  fmt::format("batch tasks do not have the column {}", text), "");
    }
  }

  void reported(const char* code, const View& at, std::string message, std::string hint) {
    proof_ = Proof::reported;
    report_.add(code, at, std::move(message), std::move(hint));
  }

  std::set<std::string> computed_;
  Report& report_;
  Proof proof_ = Proof::counted;
};

// Columns that only Druid can compute: from transforms, and from paths that henge does not follow.
std::set<std::string> computed_columns(const View& spec) {
  std::set<std::string> names;
  for (const View& item : spec["schema"]["transforms"].items())
    names.insert(item["name"].text_or(""));
  for (const View& item : spec["stream"]["inputFormat"]["flattenSpec"]["fields"].items()) {
    if (item.is(NodeKind::map) && !is_plain_path(item)) names.insert(item["name"].text_or(""));
  }
  names.erase("");
  return names;
}

}  // namespace

Proof validate_filters(const View& spec, Report& report) {
  FilterCheck filters(computed_columns(spec), report);
  filters.walk(spec["schema"]["filter"]);
  return filters.proof();
}

}  // namespace henge::spec
