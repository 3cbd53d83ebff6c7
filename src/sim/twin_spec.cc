#include "sim/twin_spec.h"

#include <fmt/format.h>

#include <charconv>

#include "sim/twin_json.h"

namespace henge::sim {

namespace {

// What is left of a filter once the arrival rule is taken out of it.
struct Split {
  std::optional<RowGate::Arrival> arrival;
  Json rest;
};

std::optional<std::int64_t> number_at(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool skip(std::string_view& text, const std::string& expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// __time >= "column" - N [&& __time <= "column" + M]
std::optional<RowGate::Arrival> arrival_rule(std::string_view text, const std::string& column) {
  RowGate::Arrival rule;
  if (!skip(text, fmt::format("__time >= \"{}\" - ", column))) return std::nullopt;
  rule.lateness_ms = number_at(text);
  if (!rule.lateness_ms) return std::nullopt;
  if (text.empty()) return rule;
  if (!skip(text, fmt::format(" && __time <= \"{}\" + ", column))) return std::nullopt;
  rule.earliness_ms = number_at(text);
  return rule.earliness_ms && text.empty() ? std::optional(rule) : std::nullopt;
}

// Only an expression alone, or one of the fields of an `and`, is looked at.
Split split_filter(const Json& filter, const std::string& column) {
  Split split{std::nullopt, filter};
  const auto rule_of = [&](const Json& one) {
    return text_at(one, "type") == "expression" ? arrival_rule(text_at(one, "expression"), column)
                                                : std::nullopt;
  };
  if (filter.is_null()) return split;
  if (auto rule = rule_of(filter)) return {rule, Json()};
  if (text_at(filter, "type") != "and") return split;
  Json fields = Json::array();
  for (const Json& field : at(filter, "fields")) {
    auto rule = rule_of(field);
    if (rule && !split.arrival)
      split.arrival = rule;
    else
      fields.push_back(field);
  }
  split.rest = fields.empty() ? Json() : Json{{"type", "and"}, {"fields", fields}};
  if (fields.size() == 1) split.rest = fields[0];
  return split;
}

void append_name(std::string& list, const std::string& name) {
  if (!list.empty()) list += ',';
  list += name;
}

SegmentColumns columns_of(const Json& schema) {
  SegmentColumns columns;
  for (const Json& one : at(at(schema, "dimensionsSpec"), "dimensions"))
    append_name(columns.dimensions,
                one.is_string() ? one.get<std::string>() : text_at(one, "name"));
  for (const Json& one : at(schema, "metricsSpec")) {
    append_name(columns.metrics, text_at(one, "name"));
    if (text_at(one, "type") == "count") columns.counted.push_back(text_at(one, "name"));
  }
  return columns;
}

Result<InputFormat> format_of(const Json& format) {
  InputFormat out;
  const std::string type = text_at(format, "type");
  if (type == "csv") out.kind = InputFormatKind::csv;
  if (type == "tsv") out.kind = InputFormatKind::tsv;
  if (type != "json" && type != "csv" && type != "tsv")
    return fail(ErrorKind::invalid, fmt::format("Could not resolve type id '{}' as a subtype of "
                                                "InputFormat",
                                                type));
  out.spec = {format.dump()};
  return out;
}

Result<Schema> schema_of(const Json& from) {
  Schema schema;
  const Json& timestamp = at(from, "timestampSpec");
  if (!timestamp.is_object()) return fail(ErrorKind::invalid, "timestampSpec is missing");
  schema.timestamp.column = text_at(timestamp, "column", "timestamp");
  schema.timestamp.format = text_at(timestamp, "format", "auto");
  if (at(timestamp, "missingValue").is_string())
    schema.timestamp.missing_value = text_at(timestamp, "missingValue");
  const Json& granularity = at(from, "granularitySpec");
  TRY(schema.segment_granularity,
      parse_granularity(text_at(granularity, "segmentGranularity", "DAY")));
  schema.rollup = flag_at(granularity, "rollup", true);
  for (const Json& one : at(at(from, "transformSpec"), "transforms"))
    schema.transforms.push_back({text_at(one, "name"), {one.dump()}});
  return schema;
}

}  // namespace

Result<RowGate> RowGate::compile(const std::string& schema_text, const std::string& format_text) {
  TRY(const Json schema, parse_json(schema_text));
  TRY(Json format, parse_json(format_text));
  RowGate gate;
  gate.pipeline_.datasource = text_at(schema, "dataSource");
  if (gate.pipeline_.datasource.empty())
    return fail(ErrorKind::invalid, "dataSource cannot be null or empty");
  TRY(gate.pipeline_.schema, schema_of(schema));
  std::string column = "kafka.timestamp";
  if (text_at(format, "type") == "kafka") {
    gate.has_arrival_column_ = true;
    column = text_at(format, "timestampColumnName", column);
    Json values = at(format, "valueFormat");
    format = std::move(values);
  }
  TRY(gate.pipeline_.stream.input_format, format_of(format));
  // Without the column of arrival times the rule compares with null, and nothing passes.
  Split split = split_filter(at(at(schema, "transformSpec"), "filter"), column);
  gate.arrival_ = split.arrival;
  if (split.arrival) {
    gate.pipeline_.rule.lateness = Millis(split.arrival->lateness_ms.value_or(0));
    if (split.arrival->earliness_ms)
      gate.pipeline_.rule.earliness = Millis(*split.arrival->earliness_ms);
  }
  if (!split.rest.is_null()) gate.pipeline_.schema.filter = {split.rest.dump()};
  TRY(auto choice, scan::make_row_reader(gate.pipeline_));
  if (choice.proof == Proof::reported)
    return fail(ErrorKind::invalid,
                fmt::format("the twin cannot evaluate this filter: {}", split.rest.dump()));
  gate.reader_ = std::move(choice.reader);
  gate.columns_ = columns_of(schema);
  for (const Json& one : at(at(schema, "granularitySpec"), "intervals")) {
    TRY(const Interval interval, parse_interval(one.is_string() ? one.get<std::string>() : ""));
    gate.intervals_.push_back(interval);
  }
  return gate;
}

void RowGate::take(std::optional<std::string_view> value, std::int64_t timestamp_ms,
                   const Bounds& bounds, RowTotals& totals,
                   const std::function<void(SegmentRow64)>& keep) {
  if (!value) {
    ++totals.thrown_away;
    return;
  }
  rows_.clear();
  reader_->read(*value, rows_);
  for (const scan::Row& row : rows_) {
    if (!row.event) {
      ++totals.unparseable;
      continue;
    }
    const std::int64_t event = to_ms(*row.event);
    bool passes = row.passes;
    if (arrival_ && row.door) {
      passes = passes && *row.door == Door::on_time;
    } else if (arrival_) {
      passes = passes && has_arrival_column_;
      if (arrival_->lateness_ms) passes = passes && event >= timestamp_ms - *arrival_->lateness_ms;
      if (arrival_->earliness_ms)
        passes = passes && event <= timestamp_ms + *arrival_->earliness_ms;
    }
    if (bounds.min) passes = passes && *row.event >= *bounds.min;
    if (bounds.max) passes = passes && *row.event <= *bounds.max;
    if (!intervals_.empty())
      passes = passes && std::ranges::any_of(intervals_, [&](const Interval& interval) {
                 return interval.contains(*row.event);
               });
    if (!passes) {
      ++totals.thrown_away;
      continue;
    }
    ++totals.processed;
    keep({row_id(row.bytes), *row.event});
  }
}

}  // namespace henge::sim
