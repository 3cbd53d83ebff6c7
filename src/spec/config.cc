#include "spec/config.h"

#include <fmt/format.h>

#include "spec/address.h"
#include "spec/config_shape.h"
#include "spec/drift_fields.h"
#include "spec/load.h"
#include "spec/references.h"
#include "spec/rules.h"

namespace henge::spec {
namespace {

constexpr std::int64_t slots_most = 100'000;

void take(const View& from, std::string& into) {
  if (auto text = from.text()) into = *text;
}

void take(const View& from, Millis& into) {
  if (auto period = from.period()) into = *period;
}

DruidConfig build_druid(const View& from) {
  DruidConfig druid;
  take(from["url"], druid.url);
  take(from["overlord"], druid.overlord);
  take(from["coordinator"], druid.coordinator);
  take(from["broker"], druid.broker);
  if (const View auth = from["auth"]) {
    druid.auth = BasicAuth{auth["username"].text_or(""), Property{auth["password"].text_or("")}};
  }
  take(from["tls"]["ca"], druid.tls.ca);
  take(from["tls"]["certificate"], druid.tls.certificate);
  take(from["tls"]["key"], druid.tls.key);
  druid.tls.verify = from["tls"]["verify"].boolean().value_or(true);
  take(from["timeouts"]["connect"], druid.connect_timeout);
  take(from["timeouts"]["request"], druid.request_timeout);
  take(from["timeouts"]["supervisor"], druid.supervisor_timeout);
  if (auto calls = from["maxCallsPerSecond"].integer(); calls && *calls >= 1 && *calls <= 10'000) {
    druid.calls_per_second_max = static_cast<int>(*calls);
  }
  return druid;
}

DeltaConfig build_delta(const View& from) {
  DeltaConfig delta;
  take(from["listen"], delta.listen);
  take(from["advertise"], delta.advertise);
  if (auto written = from["inlineMax"].scalar()) {
    if (auto bytes = parse_size(*written)) delta.inline_max_bytes = *bytes;
  }
  take(from["expiry"], delta.expiry);
  return delta;
}

template <typename T>
void take_integer(const View& from, T& into) {
  if (auto number = from.integer(); number && *number >= 1) into = static_cast<T>(*number);
}

LoadsConfig build_loads(const View& from) {
  LoadsConfig loads;
  take_integer(from["slots"], loads.slots_max);
  take_integer(from["slotsPerDatasource"], loads.datasource_slots_max);
  for (const auto& [name, value] : from["datasources"].fields())
    if (auto slots = value.integer(); slots && *slots >= 1 && *slots <= slots_most)
      loads.datasources[name] = static_cast<int>(*slots);
  take(from["patience"], loads.patience);
  take(from["starveAfter"], loads.starve_after);
  take_integer(from["taskRows"], loads.task_rows_max);
  take_integer(from["taskChunks"], loads.task_chunks_max);
  take_integer(from["singleRows"], loads.single_rows_max);
  take_integer(from["subTaskRows"], loads.sub_task_rows);
  take_integer(from["subTasks"], loads.sub_tasks_max);
  take_integer(from["rowsPerSlotSecond"], loads.rows_per_slot_second);
  loads.msq = from["msq"].scalar() == "auto";
  take(from["windowMax"], loads.window_max);
  take(from["deepStorage"], loads.deep_storage);
  take(from["s3Endpoint"], loads.s3_endpoint);
  return loads;
}

LogConfig build_log(const View& from) {
  LogConfig log;
  for (LogLevel level :
       {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (from["level"].text_or("info") == to_string(level)) log.level = level;
  }
  if (from["format"].text_or("text") == to_string(LogFormat::json)) log.format = LogFormat::json;
  return log;
}

Config build_config(const View& document) {
  Config config;
  config.druid = build_druid(document["druid"]);
  for (const auto& [name, value] : document["kafka"]["properties"].fields()) {
    if (auto written = value.scalar()) config.kafka_properties[name] = Property{*written};
  }
  take(document["stateDirectory"], config.state_directory);
  config.delta = build_delta(document["delta"]);
  take(document["rounds"]["interval"], config.round_interval);
  take(document["rounds"]["reconcile"], config.reconcile_interval);
  config.drift = build_drift(document["drift"]);
  config.loads = build_loads(document["loads"]);
  config.log = build_log(document["log"]);
  return config;
}

void validate_addresses(const View& druid, Report& report) {
  for (const char* name : {"url", "overlord", "coordinator", "broker"}) {
    const View url = druid[name];
    auto text = url.text();
    if (!text) continue;
    auto parsed = parse_url(*text);
    if (!parsed)
      report.add("bad_address", url, parsed.error().message, "");
    else if (parsed->scheme == "http" && druid["auth"] && !is_loopback(parsed->host)) {
      report.add("password_unencrypted", url,
                 fmt::format("the password goes to {} over plain http", parsed->host), "use https");
    }
  }
  const bool some = druid["overlord"] || druid["coordinator"] || druid["broker"];
  if (!some) return;
  if (druid["url"])
    report.add("given_twice", druid["url"],
               "give the Router's url, or overlord, coordinator and broker; not both", "");
  for (const char* name : {"overlord", "coordinator", "broker"}) {
    if (!druid[name])
      report.add("missing_field", druid[name],
                 fmt::format("without the Router, {} is needed too", name), "");
  }
}

void validate_secrets(const View& druid, const View& kafka, Report& report) {
  const View password = druid["auth"]["password"];
  if (auto text = password.text(); text && !has_reference(*text)) {
    report.add("secret_in_plain", password, "the password is written into the file",
               "write ${env:NAME} or ${file:PATH} instead");
  }
  for (const auto& [name, value] : kafka["properties"].fields()) {
    const std::string text = value.scalar().value_or("");
    if (!looks_secret(name) || has_reference(text)) continue;
    report.add("secret_in_plain", value,
               fmt::format("{} looks like a secret, written into the file", name),
               "write ${env:NAME} or ${file:PATH} instead");
  }
}

void validate_tls(const View& tls, Report& report) {
  if (tls["certificate"] && !tls["key"])
    report.add("tls_incomplete", tls["certificate"], "a certificate without its key", "add key");
  if (tls["key"] && !tls["certificate"])
    report.add("tls_incomplete", tls["key"], "a key without its certificate", "add certificate");
  if (tls["verify"].boolean() == false) {
    report.add("tls_not_verified", tls["verify"], "anybody on the way can pose as Druid",
               "name the authority with ca instead");
  }
}

void validate_delta(const View& delta, const Config& config, Report& report) {
  auto listen = parse_endpoint(config.delta.listen);
  if (!listen) report.add("bad_address", delta["listen"], listen.error().message, "");
  if (const View advertise = delta["advertise"]; auto text = advertise.text()) {
    if (auto url = parse_url(*text); !url)
      report.add("bad_address", advertise, url.error().message, "");
  } else if (listen && is_unspecified(listen->host)) {
    report.add("not_reachable", delta["listen"],
               fmt::format("{} is every address of this machine, and none that a worker could call",
                           listen->host),
               "add advertise: http://HOST:PORT");
  }
}

void validate_positive(const View& field, Report& report) {
  if (auto value = field.period(); value && *value <= Millis(0))
    report.add("out_of_range", field, "expected a time longer than nothing", "");
}

// As S3 names buckets: 3 to 63 of small letters, digits, dots and dashes.
bool is_bucket(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, fits);
}

void validate_deep_storage(const View& loads, Report& report) {
  const auto must_be_address = [&](const View& field, const std::string& text) {
    if (auto url = parse_url(text); !url) report.add("bad_address", field, url.error().message, "");
  };
  const View probe = loads["deepStorage"];
  const std::string text = probe.text().value_or("");
  if (text.starts_with("http://") || text.starts_with("https://")) {
    must_be_address(probe, text);
  } else if (text.starts_with("s3://")) {
    if (!is_bucket(s3_bucket(text)))
      report.add("bad_address", probe, "expected s3://BUCKET or s3://BUCKET/PREFIX", "");
  } else if (text.find("://") != std::string::npos) {
    report.add("bad_address", probe,
               "expected a folder, s3://BUCKET/PREFIX, or an http or https address", "");
  }
  if (const auto endpoint = loads["s3Endpoint"].text())
    must_be_address(loads["s3Endpoint"], *endpoint);
}

void validate_loads(const View& loads, Report& report) {
  for (const char* name : {"patience", "starveAfter", "windowMax"})
    validate_positive(loads[name], report);
  for (const auto& [name, value] : loads["datasources"].fields()) {
    const auto slots = value.integer();
    if (!slots || *slots < 1 || *slots > slots_most)
      report.add("out_of_range", value,
                 fmt::format("expected a number of slots from 1 to {}", slots_most), "");
  }
  validate_deep_storage(loads, report);
}

void validate_config(const View& document, const Config& config, Report& report) {
  const View druid = document["druid"];
  validate_addresses(druid, report);
  validate_secrets(druid, document["kafka"], report);
  validate_tls(druid["tls"], report);
  validate_delta(document["delta"], config, report);
  for (const char* name : {"connect", "request", "supervisor"})
    validate_positive(druid["timeouts"][name], report);
  validate_positive(document["delta"]["expiry"], report);
  for (const char* name : {"interval", "reconcile"})
    validate_positive(document["rounds"][name], report);
  validate_drift(document["drift"], report);
  validate_loads(document["loads"], report);
  if (document["stateDirectory"].text() == "")
    report.add("bad_name", document["stateDirectory"], "the name of a folder is empty", "");
}

}  // namespace

ParsedConfig parse_config(const std::string& file, std::string_view text) {
  YamlFile yaml = parse_yaml(file, text, YamlLimits{});
  Report report(file);
  ParsedConfig parsed;
  if (yaml.documents.empty() && yaml.diagnostics.empty()) {
    report.add("no_files", View{}, "the file holds no document",
               "a configuration starts with apiVersion: henge/v1 and kind: Config");
  }
  report.add_all(std::move(yaml.diagnostics));
  for (std::size_t i = 1; i < yaml.documents.size(); ++i) {
    report.add("unknown_kind", view_of(yaml.documents[i]), "a configuration is one document", "");
  }
  if (!yaml.documents.empty()) {
    const View document = view_of(yaml.documents.front());
    check(config_shape(), document, config_shape(), report);
    parsed.config = build_config(document);
    validate_config(document, parsed.config, report);
  }
  parsed.diagnostics = std::move(report).take();
  return parsed;
}

ParsedConfig load_config(const std::string& path) {
  auto text = read_text(path, YamlLimits{}.bytes);
  if (text) return parse_config(path, *text);
  ParsedConfig parsed;
  parsed.diagnostics.push_back({rule("unreadable").severity,
                                {path, 0, 0},
                                "",
                                "the file cannot be read: " + text.error().message,
                                "",
                                "unreadable"});
  return parsed;
}

}  // namespace henge::spec
