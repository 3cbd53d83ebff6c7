// The topic, the tasks that read it, and the consumer properties.
#include <fmt/format.h>

#include <array>
#include <cctype>

#include "spec/references.h"
#include "spec/suggest.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

void validate_topic(const View& topic, Report& report) {
  auto name = topic.text();
  if (!name || has_reference(*name)) return;
  auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  };
  const bool good = !name->empty() && name->size() <= 249 && *name != "." && *name != ".." &&
                    std::ranges::all_of(*name, fits);
  if (good) return;
  report.add("bad_name", topic, fmt::format("{} cannot name a Kafka topic", describe(*topic.node)),
             "letters, digits, dots, - and _, 249 at the most");
}

void validate_positive(const View& field, Report& report) {
  if (auto value = field.period(); value && *value <= Millis(0)) {
    report.add("out_of_range", field, "expected a time longer than nothing", "");
  }
}

void validate_tasks(const View& stream, Report& report) {
  const View duration = stream["taskDuration"];
  if (auto value = duration.period(); value && *value < std::chrono::minutes(1)) {
    report.add(
        "task_duration_too_short", duration,
        fmt::format(
            "taskDuration {} is under one minute: Druid 32 to 36 kill every such task at its start",
            to_iso_period(*value)),
        "PT1M at least; to see data published sooner, set intermediateHandoffPeriod");
  }
  validate_positive(stream["completionTimeout"], report);
  validate_positive(stream["intermediateHandoffPeriod"], report);
  if (auto replicas = stream["replicas"].integer(); replicas && *replicas > 1) {
    report.add("replicas", stream["replicas"],
               "replicas can keep different rows near the end of a task, and whichever publishes "
               "first wins",
               "exactness is proven with replicas: 1");
  }
  if (stream["useEarliestOffset"].boolean() == false) {
    report.add(
        "not_earliest", stream["useEarliestOffset"],
        "a new partition may be read from its end, and what it held before is skipped in silence",
        "leave useEarliestOffset at true");
  }
}

void validate_tuning(const View& stream, Report& report) {
  const View tuning = stream["tuningConfig"];
  if (!tuning) return;
  if (!tuning.is(NodeKind::map)) {
    return report.add("wrong_type", tuning, "expected a map, found " + describe(*tuning.node), "");
  }
  if (auto type = tuning["type"].text(); type && *type != "kafka") {
    report.add("wrong_choice", tuning["type"],
               fmt::format("the type of a supervisor's tuningConfig is kafka, not {}", *type),
               "leave type out");
  }
  const View handoff = tuning["intermediateHandoffPeriod"];
  if (handoff && !handoff.period()) {
    report.add("wrong_unit", handoff,
               "expected a period such as PT10M, found " + describe(*handoff.node), "");
  }
  if (handoff && stream["intermediateHandoffPeriod"]) {
    report.add("given_twice", handoff, "intermediateHandoffPeriod is also given in spec.stream",
               "keep that one");
  }
  if (const View reset = tuning["resetOffsetAutomatically"]; reset.boolean() == true) {
    report.add("offset_reset", reset,
               "Druid may skip or repeat records by itself when an offset is gone",
               "leave it at false: henge reports the gap");
  }
  const View limit = tuning["maxParseExceptions"];
  if (limit.integer().value_or(INT32_MAX) < 1000) {
    report.add(
        "bad_rows_stop_tasks", limit,
        fmt::format(
            "after {} unparseable rows a task fails, and its successors fail at the same place",
            *limit.integer()),
        "henge counts and shows unparseable rows; leave the limit out");
  }
  if (const View strict = tuning["reportParseExceptions"]; strict.boolean() == true) {
    report.add(
        "bad_rows_stop_tasks", strict,
        "the first unparseable row fails the task, and its successors fail at the same place",
        "henge counts and shows unparseable rows; leave it out");
  }
  const std::string partitions = tuning["partitionsSpec"]["type"].text_or("dynamic");
  if (partitions != "dynamic") {
    report.add("partitions_not_dynamic", tuning["partitionsSpec"]["type"],
               fmt::format("streaming appends, so its partitions are dynamic, not {}", partitions),
               "put hashed and range into spec.compaction.partitionsSpec");
  }
}

// Sources: Druid's KafkaRecordSupplier (what it forces), librdkafka's CONFIGURATION.md (what it
// does not know).
bool is_java_only(std::string_view name) {
  constexpr std::array<std::string_view, 9> prefixes{
      "ssl.truststore.",    "ssl.keystore.",        "sasl.jaas.",
      "sasl.login.",        "sasl.client.callback", "key.deserializer",
      "value.deserializer", "interceptor.classes",  "ssl.protocol"};
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void validate_property(const std::string& name, const View& value, Report& report) {
  const std::string text = value.scalar().value_or("");
  if (looks_secret(name) && !has_reference(text)) {
    report.add("secret_in_plain", value,
               fmt::format("{} looks like a secret, written into the file", name),
               "write ${env:NAME} or ${file:PATH} instead");
  }
  if (name == "enable.auto.commit" || name == "auto.offset.reset" ||
      name == "metadata.max.age.ms") {
    report.add_at_key("property_overridden", value,
                      fmt::format("Druid sets {} itself; the value here does nothing", name),
                      "remove it");
  }
  if (name == "key.deserializer" || name == "value.deserializer") {
    report.add_at_key("property_has_no_effect", value,
                      "Druid reads bytes, whatever deserializer is named", "remove it");
  } else if (is_java_only(name)) {
    report.add_at_key(
        "property_java_only", value, fmt::format("{} is known to Druid's Java client only", name),
        "give henge's own consumer the equivalent in its configuration, kafka.properties");
  }
  if (name == "isolation.level" && text != "read_uncommitted" && text != "read_committed") {
    report.add("wrong_choice", value,
               "expected one of read_committed, read_uncommitted, found " + describe(*value.node),
               "leave it at read_committed");
  }
  if (name == "isolation.level" && text == "read_uncommitted") {
    report.add("read_uncommitted", value,
               "with read_uncommitted Druid counts records of aborted transactions",
               "leave it at read_committed");
  }
}

}  // namespace

void validate_consumer_properties(const View& properties, Report& report) {
  if (!properties.is(NodeKind::map)) return;
  if (const View servers = properties["bootstrap.servers"]; !servers || servers.scalar() == "") {
    std::vector<std::string> names;
    for (const auto& [name, value] : properties.fields()) names.push_back(name);
    auto near = nearest("bootstrap.servers", names);
    report.add("missing_field", servers, "bootstrap.servers is missing",
               near && *near != "bootstrap.servers"
                   ? fmt::format("is {} meant?", *near)
                   : "the brokers' addresses, such as kafka1:9092,kafka2:9092");
  }
  for (const auto& [name, value] : properties.fields()) validate_property(name, value, report);
}

void validate_stream(const View& stream, Report& report) {
  validate_topic(stream["topic"], report);
  validate_tasks(stream, report);
  validate_tuning(stream, report);
  validate_consumer_properties(stream["consumerProperties"], report);
}

}  // namespace henge::spec
