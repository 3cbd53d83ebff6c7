#include "spec/parity.h"

#include <fmt/format.h>

#include <array>

#include "spec/combining_metric.h"
#include "spec/data_schema.h"
#include "spec/json_tree.h"
#include "spec/render_supervisor.h"

namespace henge::spec {
namespace {

constexpr std::array modes = {Mode::supervisor, Mode::append, Mode::replace, Mode::reindex,
                              Mode::compaction};

struct Judged {
  Agreement agreement = Agreement::differs;
  std::string note;
};

Judged equal_or_differs(const Json& found, const Json& expected) {
  if (found == expected) return {Agreement::equal, {}};
  return {Agreement::differs, fmt::format("found {} where {} is declared", to_text(found).text,
                                          to_text(expected).text)};
}

// Whether rows come from segments, where times, filters and transforms have had their effect
// already.
bool reads_segments(Mode mode) {
  return mode == Mode::reindex || mode == Mode::compaction;
}

// The object that holds dimensionsSpec and its like.
const Json& schema_of(Mode mode, const Json& spec) {
  if (mode == Mode::compaction) return spec;
  return at_or_null(at_or_null(spec, "spec"), "dataSchema");
}

Judged judge_timestamp(const Pipeline& p, Mode mode, const Json& spec) {
  const Json& found = at_or_null(schema_of(mode, spec), "timestampSpec");
  if (mode == Mode::compaction) {
    if (!found.is_null()) return {Agreement::differs, "compaction reads __time"};
    return {Agreement::allowed, "segments carry __time"};
  }
  if (mode == Mode::reindex) {
    const Json expected = {{"column", "__time"}, {"format", "millis"}};
    if (found != expected) return equal_or_differs(found, expected);
    return {Agreement::allowed, "segments carry __time"};
  }
  Json expected = {{"column", p.schema.timestamp.column}, {"format", p.schema.timestamp.format}};
  if (p.schema.timestamp.missing_value)
    expected["missingValue"] = *p.schema.timestamp.missing_value;
  return equal_or_differs(found, expected);
}

Judged judge_dimensions(const Pipeline& p, Mode mode, const Json& spec) {
  Json expected = Json::array();
  for (const auto& dimension : p.schema.dimensions) {
    const auto tree = parse_json(dimension.spec);
    if (!tree)
      return {Agreement::differs, "dimension " + dimension.name + ": " + tree.error().message};
    expected.push_back(*tree);
  }
  return equal_or_differs(
      at_or_null(at_or_null(schema_of(mode, spec), "dimensionsSpec"), "dimensions"), expected);
}

Judged judge_metrics(const Pipeline& p, Mode mode, const Json& spec) {
  const Json& found = at_or_null(schema_of(mode, spec), "metricsSpec");
  if (!found.is_array() || found.size() != p.schema.metrics.size()) {
    return {Agreement::differs, "not the declared number of metrics"};
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Metric& metric = p.schema.metrics[i];
    const auto text = reads_segments(mode) ? combining_form(metric) : Result<JsonText>(metric.spec);
    if (!text) return {Agreement::differs, text.error().message};
    const auto expected = parse_json(*text);
    if (!expected) return {Agreement::differs, expected.error().message};
    if (found[i] != *expected) return equal_or_differs(found[i], *expected);
    if (!reads_segments(mode)) continue;
    if (string_at(found[i], "name") != metric.name ||
        string_at(found[i], "fieldName") != metric.name) {
      return {Agreement::differs,
              fmt::format("metric {} does not merge its own column", metric.name)};
    }
    if (string_at(found[i], "type") == "count")
      return {Agreement::differs, "count would count rows anew"};
  }
  return {reads_segments(mode) ? Agreement::combining : Agreement::equal, {}};
}

Judged judge_granularity(const Pipeline& p, Mode mode, const Json& spec) {
  Json found = at_or_null(schema_of(mode, spec), "granularitySpec");
  const bool intervals = found.is_object() && found.erase("intervals") > 0;
  Json expected = {{"segmentGranularity", to_string(p.schema.segment_granularity)},
                   {"queryGranularity", to_string(p.schema.query_granularity)},
                   {"rollup", p.schema.rollup}};
  if (mode != Mode::compaction) expected["type"] = "uniform";
  if (found != expected) return equal_or_differs(found, expected);
  if (intervals && mode == Mode::supervisor)
    return {Agreement::differs, "a stream has no intervals"};
  if (intervals) return {Agreement::allowed, "only the chunks of the task"};
  return {Agreement::equal, {}};
}

// Takes the arrival rule out of a streaming filter; null if nothing else is in it.
Result<Json> without_rule(const Pipeline& p, const Json& filter) {
  const Json rule = {{"type", "expression"}, {"expression", arrival_expression(p.rule)}};
  if (filter == rule) return Json();
  const Json& fields = at_or_null(filter, "fields");
  if (string_at(filter, "type") == "and" && fields.is_array() && fields.size() == 2 &&
      fields[0] == rule) {
    return fields[1];
  }
  return fail(ErrorKind::internal, "the streaming filter does not hold the arrival rule");
}

Judged judge_transforms(const Pipeline& p, Mode mode, const Json& spec) {
  const Json& found = at_or_null(schema_of(mode, spec), "transformSpec");
  if (reads_segments(mode)) {
    if (!found.is_null())
      return {Agreement::differs, "rows of segments would be filtered or transformed twice"};
    return {Agreement::allowed, "applied when the rows were first read"};
  }
  Json filter = at_or_null(found, "filter");
  if (mode == Mode::supervisor) {
    auto rest = without_rule(p, filter);
    if (!rest) return {Agreement::differs, rest.error().message};
    filter = *std::move(rest);
  }
  const auto own = p.schema.filter.empty() ? Result<Json>(Json()) : parse_json(p.schema.filter);
  if (!own) return {Agreement::differs, own.error().message};
  if (filter != *own) return equal_or_differs(filter, *own);
  Json transforms;
  for (const auto& transform : p.schema.transforms) {
    const auto tree = parse_json(transform.spec);
    if (!tree)
      return {Agreement::differs, "transform " + transform.name + ": " + tree.error().message};
    transforms.push_back(*tree);
  }
  const auto judged = equal_or_differs(at_or_null(found, "transforms"), transforms);
  if (judged.agreement == Agreement::differs || mode != Mode::supervisor) return judged;
  return {Agreement::allowed, "the arrival rule: " + arrival_expression(p.rule)};
}

Judged judge_input_format(const Pipeline& p, Mode mode, const Json& spec) {
  const Json& found = at_or_null(at_or_null(at_or_null(spec, "spec"), "ioConfig"), "inputFormat");
  if (reads_segments(mode)) {
    if (!found.is_null()) return {Agreement::differs, "segments have no input format"};
    return {Agreement::allowed, "rows come from segments"};
  }
  const auto expected = parse_json(p.stream.input_format.spec);
  if (!expected) return {Agreement::differs, expected.error().message};
  if (mode == Mode::replace && found == nothing_format())
    return {Agreement::allowed, "it reads no row"};
  if (mode != Mode::supervisor) return equal_or_differs(found, *expected);
  const auto judged = equal_or_differs(at_or_null(found, "valueFormat"), *expected);
  if (judged.agreement == Agreement::differs) return judged;
  return {Agreement::allowed, "inside Druid's kafka format, which adds the arrival time"};
}

Judged judge(const Pipeline& p, Mode mode, Aspect aspect, const Json& spec) {
  switch (aspect) {
    case Aspect::timestamp_spec:
      return judge_timestamp(p, mode, spec);
    case Aspect::dimensions_spec:
      return judge_dimensions(p, mode, spec);
    case Aspect::metrics_spec:
      return judge_metrics(p, mode, spec);
    case Aspect::granularity_spec:
      return judge_granularity(p, mode, spec);
    case Aspect::transform_spec:
      return judge_transforms(p, mode, spec);
    case Aspect::input_format:
      return judge_input_format(p, mode, spec);
  }
  return {};
}

}  // namespace

bool Parity::holds() const {
  return std::ranges::none_of(
      lines, [](const auto& line) { return line.agreement == Agreement::differs; });
}

const char* to_string(Mode mode) {
  switch (mode) {
    case Mode::supervisor:
      return "supervisor";
    case Mode::append:
      return "append";
    case Mode::replace:
      return "replace";
    case Mode::reindex:
      return "reindex";
    case Mode::compaction:
      return "compaction";
  }
  return "supervisor";
}

const char* to_string(Aspect aspect) {
  switch (aspect) {
    case Aspect::timestamp_spec:
      return "timestampSpec";
    case Aspect::dimensions_spec:
      return "dimensionsSpec";
    case Aspect::metrics_spec:
      return "metricsSpec";
    case Aspect::granularity_spec:
      return "granularitySpec";
    case Aspect::transform_spec:
      return "transformSpec";
    case Aspect::input_format:
      return "inputFormat";
  }
  return "timestampSpec";
}

const char* to_string(Agreement agreement) {
  switch (agreement) {
    case Agreement::equal:
      return "equal";
    case Agreement::combining:
      return "combining";
    case Agreement::allowed:
      return "allowed";
    case Agreement::absent:
      return "absent";
    case Agreement::differs:
      return "differs";
  }
  return "differs";
}

Result<Mode> parse_mode(std::string_view text) {
  for (const auto mode : modes) {
    if (text == to_string(mode)) return mode;
  }
  return fail(ErrorKind::invalid,
              fmt::format("\"{}\" is no kind of spec: supervisor, append, replace, reindex or "
                          "compaction",
                          text));
}

Result<Parity> parity_of(const Pipeline& pipeline, Mode mode, const JsonText& rendered) {
  static constexpr std::array aspects = {Aspect::timestamp_spec, Aspect::dimensions_spec,
                                         Aspect::metrics_spec,   Aspect::granularity_spec,
                                         Aspect::transform_spec, Aspect::input_format};
  TRY(const Json spec, parse_json(rendered));
  Parity parity;
  for (const auto aspect : aspects) {
    auto judged = judge(pipeline, mode, aspect, spec);
    parity.lines.push_back({aspect, mode, judged.agreement, std::move(judged.note)});
  }
  return parity;
}

Result<void> check_parity(const Pipeline& pipeline, Mode mode, const JsonText& rendered) {
  TRY(const Parity parity, parity_of(pipeline, mode, rendered));
  for (const auto& line : parity.lines) {
    if (line.agreement != Agreement::differs) continue;
    return fail(ErrorKind::internal,
                fmt::format("the {} spec of {} departs from the pipeline in {}: {}",
                            to_string(mode), pipeline.name, to_string(line.aspect), line.note));
  }
  return {};
}

}  // namespace henge::spec
