#include "spec/parity_segments.h"

#include <fmt/format.h>

#include <set>

#include "spec/combining_metric.h"
#include "spec/json_tree.h"

namespace henge::spec {
namespace {

// What of the pipeline a segment can be held against; made once for all segments.
struct Expected {
  std::map<std::string, std::string> dimension_types;    // Druid's column type; empty: any
  std::map<std::string, std::vector<Json>> aggregators;  // declared and combining form
  std::set<std::string> columns;
  Granularity query_granularity = Granularity::none;
  bool rollup = false;
};

std::string column_type(const std::string& dimension_type) {
  if (dimension_type == "string") return "STRING";
  if (dimension_type == "long") return "LONG";
  if (dimension_type == "float") return "FLOAT";
  if (dimension_type == "double") return "DOUBLE";
  if (dimension_type == "json") return "COMPLEX<json>";
  return {};
}

Result<Expected> expected_of(const Pipeline& pipeline) {
  Expected expected;
  expected.columns.insert("__time");
  for (const auto& dimension : pipeline.schema.dimensions) {
    expected.dimension_types[dimension.name] = column_type(dimension.type);
    expected.columns.insert(dimension.name);
  }
  for (const auto& metric : pipeline.schema.metrics) {
    TRY(Json declared, parse_json(metric.spec));
    auto& forms = expected.aggregators[metric.name];
    forms.push_back(std::move(declared));
    if (const auto text = combining_form(metric)) {
      TRY(Json combined, parse_json(*text));
      forms.push_back(std::move(combined));
    }
    expected.columns.insert(metric.name);
  }
  expected.query_granularity = pipeline.schema.query_granularity;
  expected.rollup = pipeline.schema.rollup;
  return expected;
}

// Whether all that `part` says is in `whole`; Druid adds defaults of its own.
bool says(const Json& whole, const Json& part) {
  if (!part.is_object()) return whole == part;
  if (!whole.is_object()) return false;
  return std::ranges::all_of(part.items(), [&](const auto& item) {
    const auto found = whole.find(item.key());
    return found != whole.end() && says(*found, item.value());
  });
}

// Druid prints HOUR, {"type":"none"} or {"type":"period","period":"PT1H",...}.
Result<Granularity> granularity_of(const Json& printed) {
  if (printed.is_string()) return parse_granularity(printed.get<std::string>());
  const auto period = string_at(printed, "period");
  return parse_granularity(period.empty() ? string_at(printed, "type") : period);
}

class Judge {
 public:
  Judge(const Expected& expected, SegmentParity& parity) : expected_(expected), parity_(parity) {}

  void judge(const Json& segment) {
    segment_ = string_at(segment, "id");
    ++parity_.segments;
    judge_columns(at_or_null(segment, "columns"));
    judge_aggregators(at_or_null(segment, "aggregators"));
    judge_granularity(at_or_null(segment, "queryGranularity"));
    judge_rollup(at_or_null(segment, "rollup"));
  }

 private:
  void differs(std::string field, std::string expected, std::string found) {
    parity_.mismatches.push_back(
        {segment_, std::move(field), std::move(expected), std::move(found)});
  }

  void judge_columns(const Json& columns) {
    if (!columns.is_object() || columns.empty()) {
      ++parity_.silent;
      return;
    }
    for (const auto& [name, column] : columns.items()) {
      if (!expected_.columns.contains(name)) {
        differs("columns." + name, "no such column", string_at(column, "typeSignature"));
        continue;
      }
      const auto dimension = expected_.dimension_types.find(name);
      if (dimension == expected_.dimension_types.end() || dimension->second.empty()) continue;
      if (string_at(column, "typeSignature") != dimension->second) {
        differs("columns." + name, dimension->second, string_at(column, "typeSignature"));
      }
    }
  }

  void judge_aggregators(const Json& aggregators) {
    if (!aggregators.is_object()) {
      ++parity_.silent;
      return;
    }
    for (const auto& [name, forms] : expected_.aggregators) {
      const Json& found = at_or_null(aggregators, name);
      if (std::ranges::any_of(forms, [&](const Json& form) { return says(found, form); })) continue;
      differs("aggregators." + name, to_text(forms.front()).text, to_text(found).text);
    }
    for (const auto& [name, found] : aggregators.items()) {
      if (expected_.aggregators.contains(name)) continue;
      differs("aggregators." + name, "no such metric", to_text(found).text);
    }
  }

  void judge_granularity(const Json& printed) {
    if (printed.is_null()) {
      ++parity_.silent;
      return;
    }
    const auto found = granularity_of(printed);
    if (found && *found == expected_.query_granularity) return;
    differs("queryGranularity", to_string(expected_.query_granularity), to_text(printed).text);
  }

  void judge_rollup(const Json& rollup) {
    if (!rollup.is_boolean()) {
      ++parity_.silent;
    } else if (rollup.get<bool>() != expected_.rollup) {
      differs("rollup", expected_.rollup ? "true" : "false", expected_.rollup ? "false" : "true");
    }
  }

  const Expected& expected_;
  SegmentParity& parity_;
  std::string segment_;
};

}  // namespace

JsonText segment_metadata_query(const Pipeline& pipeline, const std::vector<Interval>& intervals) {
  Json texts = Json::array();
  for (const auto& interval : intervals) texts.push_back(to_iso(interval));
  return to_text({{"queryType", "segmentMetadata"},
                  {"dataSource", pipeline.datasource},
                  {"intervals", std::move(texts)},
                  {"merge", false},
                  {"usingDefaultInterval", false},
                  {"analysisTypes", {"aggregators", "queryGranularity", "rollup"}}});
}

Result<SegmentParity> parity_with_segments(const Pipeline& pipeline, const JsonText& answer) {
  TRY(const Expected expected, expected_of(pipeline));
  TRY(const Json segments, parse_json(answer));
  if (!segments.is_array()) {
    return fail(ErrorKind::invalid,
                "the answer to a segmentMetadata query is not a list of segments");
  }
  SegmentParity parity;
  Judge judge(expected, parity);
  for (const auto& segment : segments) judge.judge(segment);
  return parity;
}

}  // namespace henge::spec
