// doctor: asks everything henge depends on the questions whose wrong answers cost data or sleep.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/consumer_check.h"
#include "cli/diagnostics_view.h"
#include "cli/doctor_view.h"
#include "daemon/apply.h"
#include "daemon/wiring.h"
#include "kafka/offsets.h"
#include "ledger/journal.h"
#include "runtime/clock.h"
#include "spec/load.h"

namespace henge::cli {
namespace {

constexpr Millis kafka_deadline = std::chrono::seconds(10);
constexpr Millis skew_max = std::chrono::seconds(2);

using Checks = std::vector<Check>;

Check failed(std::string subject, std::string name, const Error& error, std::string advice = "") {
  return {std::move(subject), std::move(name), Health::bad, error.message, std::move(advice)};
}

Check good(std::string subject, std::string name, std::string message) {
  return {std::move(subject), std::move(name), Health::good, std::move(message), ""};
}

Check warning(std::string subject, std::string name, std::string message, std::string advice) {
  return {std::move(subject), std::move(name), Health::warning, std::move(message),
          std::move(advice)};
}

runtime::Async<void> check_versions(druid::DruidClient& druid, Checks& checks) {
  using ports::Service;
  std::vector<std::pair<Service, const char*>> services{{Service::overlord, "overlord"},
                                                        {Service::coordinator, "coordinator"},
                                                        {Service::broker, "broker"}};
  std::set<std::string> versions;
  for (const auto& [service, name] : services) {
    auto version = co_await druid.version(service);
    if (!version) {
      checks.push_back(failed("druid", name, version.error(),
                              "check druid.url in the configuration, or --druid"));
      co_return tl::unexpected<Error>(std::move(version).error());
    }
    versions.insert(*version);
    checks.push_back(
        good("druid", name,
             version->empty() ? "answers; it does not tell its version" : "version " + *version));
  }
  if (versions.size() > 1)
    checks.push_back(warning("druid", "versions", "the services are of different versions",
                             "finish the upgrade before specs are changed"));
  co_return Result<void>{};
}

runtime::Async<void> check_workers(druid::DruidClient& druid, Checks& checks) {
  CO_TRY(Workers workers, co_await druid.workers());
  const int free = workers.capacity_total - workers.capacity_used;
  std::string text = fmt::format("{} of {} task slots free on {} workers", free,
                                 workers.capacity_total, workers.workers);
  if (workers.capacity_total == 0)
    checks.push_back({"druid", "workers", Health::bad, text,
                      "no MiddleManager or Indexer is registered: no task can run"});
  else if (free == 0)
    checks.push_back(warning("druid", "workers", text, "repairs will wait for a slot"));
  else
    checks.push_back(good("druid", "workers", text));
  co_return Result<void>{};
}

// The first row's first field of an SQL answer, as a number.
runtime::Async<std::int64_t> sql_number(druid::DruidClient& druid, std::string query) {
  CO_TRY(JsonText answer, co_await druid.sql(std::move(query)));
  auto rows = nlohmann::json::parse(answer.text, nullptr, false);
  if (!rows.is_array() || rows.empty() || !rows[0].is_object() || rows[0].empty() ||
      !rows[0].begin()->is_number())
    co_return fail(ErrorKind::unavailable,
                   "the Broker's answer has no number: " + answer.text.substr(0, 200));
  co_return rows[0].begin()->get<std::int64_t>();
}

runtime::Async<void> check_clock(druid::DruidClient& druid, Checks& checks) {
  const Instant before = runtime::SystemClock().now();
  CO_TRY(std::int64_t theirs,
         co_await sql_number(druid, "SELECT TIMESTAMP_TO_MILLIS(CURRENT_TIMESTAMP) AS t"));
  const Instant after = runtime::SystemClock().now();
  Millis skew = instant_of_ms(theirs) - (before + (after - before) / 2);
  std::string text = fmt::format("the Broker's clock differs by {} from here", humanize(skew));
  if (skew > skew_max || skew < -skew_max)
    checks.push_back(warning("druid", "clock", text,
                             "keep all clocks on NTP; watermarks are compared with this one"));
  else
    checks.push_back(good("druid", "clock", text));
  co_return Result<void>{};
}

// A load rule that wants more replicas than there are historicals never completes, and waiting for
// it never ends.
runtime::Async<void> check_rules(druid::DruidClient& druid, std::string datasource,
                                 Checks& checks) {
  CO_TRY(auto rules, co_await druid.rules(datasource));
  CO_TRY(std::int64_t historicals,
         co_await sql_number(
             druid, "SELECT COUNT(*) AS n FROM sys.servers WHERE server_type = 'historical'"));
  std::int64_t wanted = 0;
  bool loads = false;
  for (const auto& rule : rules) {
    loads = loads || rule.type.starts_with("load");
    for (const auto& [tier, n] : rule.replicants) wanted = std::max(wanted, n);
  }
  if (!loads)
    checks.push_back({"druid", "retention", Health::bad,
                      fmt::format("no rule loads anything of '{}'", datasource),
                      "segments would be published and never be queryable: add a load rule"});
  else if (wanted > historicals)
    checks.push_back(
        warning("druid", "replication",
                fmt::format("a rule of '{}' wants {} replicas, there are {} historicals",
                            datasource, wanted, historicals),
                "load status never reaches 100 %; lower the rule or add historicals"));
  else
    checks.push_back(good(
        "druid", "replication",
        fmt::format("{} replicas on {} historicals for '{}'", wanted, historicals, datasource)));
  co_return Result<void>{};
}

void check_topic_settings(const Pipeline& pipeline,
                          const std::map<std::string, std::string>& settings, Checks& checks) {
  const std::string subject = "pipeline " + pipeline.name;
  auto value = [&](const char* name) {
    auto known = settings.find(name);
    return known == settings.end() ? std::string() : known->second;
  };
  if (value("message.timestamp.type") == "LogAppendTime")
    checks.push_back(good(subject, "timestamps", "LogAppendTime: the watermark is exact"));
  else
    checks.push_back(warning(subject, "timestamps",
                             fmt::format("CreateTime: producers' clocks decide what is late; the "
                                         "watermark allows {} of disorder",
                                         humanize(pipeline.stream.arrival_disorder)),
                             "set message.timestamp.type=LogAppendTime on the topic, or "
                             "stream.arrivalDisorder to what you see"));
  if (value("cleanup.policy").find("compact") != std::string::npos)
    checks.push_back(warning(subject, "cleanup",
                             "the topic is compacted: records may vanish before they are read",
                             "use cleanup.policy=delete for a topic of events"));
  const std::string retention = value("retention.ms");
  const std::int64_t ms = retention.empty() ? -1 : std::atoll(retention.c_str());
  if (ms >= 0 && Millis(ms) < pipeline.rule.lateness + pipeline.stream.task_duration)
    checks.push_back(warning(
        subject, "retention", fmt::format("the topic keeps records for {}", humanize(Millis(ms))),
        "keep them for longer than lateness and taskDuration together, or a stop loses data"));
  else
    checks.push_back(
        good(subject, "retention",
             ms < 0 ? "the topic keeps records for ever"
                    : fmt::format("the topic keeps records for {}", humanize(Millis(ms)))));
}

void check_consumer(kafka::TopicReader& reader, const Pipeline& pipeline, Checks& checks) {
  const auto load = measure_load(reader, pipeline, kafka_deadline);
  for (const offsets::Advice& advice : offsets::check_consumer(pipeline, load)) {
    const std::string subject = "pipeline " + pipeline.name;
    switch (advice.level) {
      case offsets::AdviceLevel::good:
        checks.push_back(good(subject, advice.property, advice.message));
        break;
      case offsets::AdviceLevel::advice:
      case offsets::AdviceLevel::warning:
        checks.push_back(warning(subject, advice.property, advice.message, advice.todo));
        break;
      case offsets::AdviceLevel::wrong:
        checks.push_back({subject, advice.property, Health::bad, advice.message, advice.todo});
        break;
    }
  }
}

void check_kafka(const Config& config, const Pipeline& pipeline, Checks& checks) {
  const std::string subject = "pipeline " + pipeline.name;
  auto properties = daemon::kafka_properties(config, pipeline, daemon::process_secrets());
  if (!properties)
    return checks.push_back(failed(subject, "consumerProperties", properties.error()));
  auto reader = kafka::TopicReader::connect(*properties);
  if (!reader) return checks.push_back(failed(subject, "consumerProperties", reader.error()));
  const std::string& topic = pipeline.stream.topic;
  auto info = (*reader)->topic(topic, kafka_deadline);
  if (!info) return checks.push_back(failed(subject, "topic", info.error()));
  checks.push_back(good(subject, "topic",
                        fmt::format("'{}' with {} partitions on {} brokers", topic,
                                    info->partitions.size(), info->brokers)));
  check_consumer(**reader, pipeline, checks);
  if (auto settings = (*reader)->topic_config(topic, kafka_deadline))
    check_topic_settings(pipeline, *settings, checks);
  else
    checks.push_back(warning(subject, "topic settings", settings.error().message,
                             "grant DescribeConfigs to have them checked"));
  // Arrival times from the future are a broker's (or producer's) clock running ahead.
  const Instant soon = runtime::SystemClock().now() + skew_max;
  auto ahead = (*reader)->offsets_at(topic, info->partitions, soon, kafka_deadline);
  auto end = (*reader)->offsets(topic, info->partitions, kafka::OffsetEnd::latest, kafka_deadline);
  if (!ahead || !end)
    return checks.push_back(failed(subject, "offsets", !ahead ? ahead.error() : end.error()));
  bool from_future = false;
  for (auto [partition, offset] : *ahead) from_future = from_future || offset < end->at(partition);
  if (from_future)
    checks.push_back(warning(
        subject, "clock",
        fmt::format("the topic holds arrival times more than {} ahead of here", humanize(skew_max)),
        "keep brokers (and, with CreateTime, producers) on NTP"));
  else
    checks.push_back(good(subject, "clock", "no arrival time is ahead of here"));
}

// The pipelines of the files, else those of the ledger.
Result<std::vector<Pipeline>> chosen_pipelines(const Doctor& command, const Config& config,
                                               const Console& console) {
  std::vector<Pipeline> out;
  if (!command.files.empty()) {
    spec::Loaded loaded = spec::load(command.files);
    if (!loaded.diagnostics.empty())
      console.complain(view_diagnostics(loaded.diagnostics, console));
    if (has_errors(loaded.diagnostics)) return fail(ErrorKind::invalid, "the files have errors");
    for (auto& p : loaded.pipelines) out.push_back(std::move(p.pipeline));
  } else if (std::filesystem::exists(daemon::ledger_path(config))) {
    TRY(auto journal, ledger::Journal::open(daemon::ledger_path(config), ledger::Mode::read));
    for (const auto& [name, state] : journal.state().pipelines) {
      TRY(Pipeline pipeline, daemon::pipeline_of(state, name));
      out.push_back(std::move(pipeline));
    }
  }
  return out;
}

}  // namespace

ExitCode run(const Doctor& command, const Config& config, const Console& console) {
  auto pipelines = chosen_pipelines(command, config, console);
  if (!pipelines) return report(pipelines.error(), console);
  auto druid = daemon::make_druid(config, daemon::process_secrets());
  if (!druid) return report(druid.error(), console);
  Checks checks;
  auto work = [&]() -> runtime::Async<void> {
    CO_TRY_VOID(co_await check_versions(**druid, checks));
    CO_TRY_VOID(co_await check_workers(**druid, checks));
    CO_TRY_VOID(co_await check_clock(**druid, checks));
    if (pipelines->empty()) CO_TRY_VOID(co_await check_rules(**druid, "_default", checks));
    for (const auto& p : *pipelines)
      CO_TRY_VOID(co_await check_rules(**druid, p.datasource, checks));
    co_return Result<void>{};
  };
  auto asked = run_with_progress(console, "asking Druid", work);
  if (!asked && asked.error().kind == ErrorKind::cancelled) return report(asked.error(), console);
  if (!asked &&
      std::ranges::none_of(checks, [](const Check& c) { return c.health == Health::bad; }))
    checks.push_back(failed("druid", "questions", asked.error()));
  for (const auto& p : *pipelines) check_kafka(config, p, checks);
  console.print(show_checks(checks, console));
  if (!asked && asked.error().kind == ErrorKind::unavailable) return ExitCode::unreachable;
  return std::ranges::any_of(checks, [](const Check& c) { return c.health == Health::bad; })
             ? ExitCode::error
             : ExitCode::done;
}

}  // namespace henge::cli
