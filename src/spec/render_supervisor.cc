#include "spec/render_supervisor.h"

#include <fmt/format.h>

#include "spec/data_schema.h"
#include "spec/fingerprint.h"
#include "spec/parity.h"

namespace henge::spec {
namespace {

Result<Json> kafka_input_format(const InputFormat& format) {
  TRY(Json values, parse_json(format.spec));
  return Json{{"type", "kafka"},
              {"valueFormat", std::move(values)},
              {"timestampColumnName", arrival_column},
              {"topicColumnName", topic_column}};
}

Json consumer_properties(const Stream& stream) {
  Json properties = Json::object();
  for (const auto& [name, property] : stream.consumer_properties) properties[name] = property.value;
  // henge counts committed records only; both sides must read the same ones.
  properties.emplace("isolation.level", "read_committed");
  return properties;
}

Result<Json> io_config(const Stream& stream) {
  TRY(Json format, kafka_input_format(stream.input_format));
  return Json{{"topic", stream.topic},
              {"consumerProperties", consumer_properties(stream)},
              {"inputFormat", std::move(format)},
              {"taskCount", stream.task_count},
              {"replicas", stream.replicas},
              {"taskDuration", to_iso_period(stream.task_duration)},
              {"completionTimeout", to_iso_period(stream.completion_timeout)},
              {"useEarliestOffset", stream.use_earliest_offset}};
}

Result<Json> tuning_config(const Stream& stream) {
  Json tuning = Json::object();
  if (!stream.tuning_config.empty()) {
    TRY(tuning, parse_json(stream.tuning_config));
    if (!tuning.is_object())
      return fail(ErrorKind::invalid, "stream.tuningConfig is not an object");
  }
  tuning["type"] = "kafka";
  if (stream.intermediate_handoff_period) {
    tuning["intermediateHandoffPeriod"] = to_iso_period(*stream.intermediate_handoff_period);
  }
  return tuning;
}

}  // namespace

std::string arrival_expression(const LatenessRule& rule) {
  auto text = fmt::format("__time >= \"{}\" - {}", arrival_column, rule.lateness.count());
  if (rule.earliness) {
    text += fmt::format(" && __time <= \"{}\" + {}", arrival_column, rule.earliness->count());
  }
  return text;
}

Result<JsonText> render_supervisor(const Pipeline& pipeline) {
  const Json rule = {{"type", "expression"}, {"expression", arrival_expression(pipeline.rule)}};
  TRY(Json schema, event_data_schema(pipeline, std::span(&rule, 1)));
  TRY(Json io, io_config(pipeline.stream));
  TRY(Json tuning, tuning_config(pipeline.stream));
  Json spec = {{"type", "kafka"},
               {"spec",
                {{"dataSchema", std::move(schema)},
                 {"ioConfig", std::move(io)},
                 {"tuningConfig", std::move(tuning)}}},
               {"context", task_context(pipeline)}};
  spec["context"][spec_mark] = fingerprint(to_text(spec));
  const JsonText text = to_text(spec);
  TRY_VOID(check_parity(pipeline, Mode::supervisor, text));
  return text;
}

Result<JsonText> with_secrets(const JsonText& supervisor, const SecretSources& sources) {
  TRY(Json spec, parse_json(supervisor));
  const auto place = Json::json_pointer("/spec/ioConfig/consumerProperties");
  if (!spec.contains(place) || !spec[place].is_object()) {
    return fail(ErrorKind::invalid, "a supervisor spec without consumerProperties");
  }
  for (auto& [name, value] : spec[place].items()) {
    if (!value.is_string() || !has_reference(value.get_ref<const std::string&>())) continue;
    auto resolved = resolve(value.get_ref<const std::string&>(), sources);
    if (!resolved) {
      return tl::unexpected<Error>(
          std::move(resolved).error().within("consumerProperties." + name));
    }
    value = *std::move(resolved);
  }
  return to_text(spec);
}

}  // namespace henge::spec
