#include "druid/bulk_json.h"

#include "druid/dom_shape.h"
#include "druid/json_shape.h"

namespace henge::druid {

namespace {

// Where the kinds of supervisors keep their datasource: streams in spec.dataSchema, older specs
// without the inner spec, compaction supervisors beside it.
std::string_view datasource_of(const dom::Element& spec) {
  for (const auto& holder : {dom::find_member(spec, "spec"), std::optional(spec)}) {
    if (!holder) continue;
    if (const auto schema = dom::find_member(*holder, "dataSchema")) {
      return dom::text_or(*schema, "dataSource", "");
    }
    const std::string_view direct = dom::text_or(*holder, "dataSource", "");
    if (!direct.empty()) return direct;
  }
  return {};
}

SupervisorListing listing(const dom::Element& element) {
  SupervisorListing out;
  out.id = dom::text(element, "id");
  out.state = dom::text_or(element, "state", "");
  out.detailed_state = dom::text_or(element, "detailedState", out.state);
  out.healthy = dom::flag_or(element, "healthy", true);
  const dom::Element spec = dom::member(element, "spec");
  out.datasource = dom::text_or(element, "dataSource", datasource_of(spec));
  out.suspended = dom::flag_or(spec, "suspended", dom::flag_or(element, "suspended", false));
  out.spec = dom::canonical(spec);
  return out;
}

LockType lock_type(std::string_view text) {
  std::string name(text);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (name == "exclusive") return LockType::exclusive;
  if (name == "shared") return LockType::shared;
  if (name == "append") return LockType::append;
  if (name == "replace") return LockType::replace;
  throw Misshapen{fmt::format("lock type \"{}\"", name)};
}

TaskLock task_lock(const dom::Element& element, std::string_view datasource) {
  TaskLock out;
  out.datasource = dom::text_or(element, "dataSource", datasource);
  out.type = lock_type(dom::text(element, "type"));
  out.group_id = dom::text(element, "groupId");
  out.interval = interval(std::string(dom::text(element, "interval")));
  out.version = dom::text_or(element, "version", "");
  out.priority = static_cast<int>(dom::number_or(element, "priority", 0));
  out.revoked = dom::flag_or(element, "revoked", false);
  return out;
}

// 20260102030405678 is 2026-01-02T03:04:05.678Z; 0 is none.
std::string version_of(std::int64_t digits) {
  if (digits <= 0) return {};
  const std::string d = fmt::format("{:017}", digits);
  const std::string_view v = d;
  return fmt::format("{}-{}-{}T{}:{}:{}.{}Z", v.substr(0, 4), v.substr(4, 2), v.substr(6, 2),
                     v.substr(8, 2), v.substr(10, 2), v.substr(12, 2), v.substr(14));
}

json to_json(const Rule& rule) {
  json out = {{"type", rule.type}};
  if (rule.interval) out["interval"] = to_iso(*rule.interval);
  if (!rule.period.empty()) {
    out["period"] = rule.period;
    out["includeFuture"] = rule.include_future;
  }
  if (rule.type.starts_with("load")) {
    out["tieredReplicants"] = rule.replicants;
    // Druid puts its default tier where no tiers are named; none at all has to be asked for.
    out["useDefaultTierForNull"] = !rule.replicants.empty();
  }
  return out;
}

}  // namespace

Result<std::vector<SupervisorListing>> parse_supervisors(std::string_view body) {
  return dom::guarded(body, [](const dom::Element& list) {
    std::vector<SupervisorListing> out;
    for (const dom::Element element : dom::array(list, "the list of supervisors")) {
      out.push_back(listing(element));
    }
    return out;
  });
}

Result<std::vector<SupervisorVersion>> parse_history(std::string_view body) {
  return guarded(body, [](const json& list) {
    std::vector<SupervisorVersion> out;
    for (const json& element : array(list, "the history")) {
      SupervisorVersion version;
      version.version = text(element, "version");
      const json* spec = find_member(element, "spec");
      const std::string type = spec == nullptr ? "" : text_or(*spec, "type", "");
      // Druid writes both names of the type, one after the other.
      version.tombstone = spec == nullptr || type == "noop" || type == "NoopSupervisorSpec";
      if (spec != nullptr) version.spec = JsonText{spec->dump()};
      out.push_back(std::move(version));
    }
    return out;
  });
}

Result<std::vector<TaskLock>> parse_locks(std::string_view body) {
  return dom::guarded(body, [](const dom::Element& answer) {
    std::vector<TaskLock> out;
    const dom::Element locks = dom::member(answer, "datasourceToLocks");
    for (const auto [datasource, list] : dom::object(locks, "datasourceToLocks")) {
      for (const dom::Element element : dom::array(list, "the list of locks")) {
        out.push_back(task_lock(element, datasource));
      }
    }
    return out;
  });
}

Result<std::map<std::string, SegmentDigest>> parse_digests(std::string_view body) {
  return dom::guarded(body, [](const dom::Element& rows) {
    std::map<std::string, SegmentDigest> out;
    for (const dom::Element row : dom::array(rows, "the rows of the digest")) {
      SegmentDigest digest;
      digest.published = dom::number_or(row, "published", 0);
      digest.overshadowed = dom::number_or(row, "overshadowed", 0);
      digest.unavailable = dom::number_or(row, "unavailable", 0);
      digest.realtime = dom::number_or(row, "realtime", 0);
      digest.size_bytes = dom::number_or(row, "size_bytes", 0);
      digest.rows = dom::number_or(row, "row_count", 0);
      digest.version_max = version_of(dom::number_or(row, "version_digits", 0));
      out.emplace(dom::text(row, "datasource"), std::move(digest));
    }
    return out;
  });
}

Result<std::map<std::string, std::vector<Rule>>> parse_all_rules(std::string_view body) {
  return guarded(body, [](const json& by_datasource) {
    if (!by_datasource.is_object()) throw Misshapen{"expected rules by datasource"};
    std::map<std::string, std::vector<Rule>> out;
    for (const auto& [datasource, list] : by_datasource.items()) {
      // Whose own rules were taken away stays in the list without any.
      if (array(list, "the list of rules").empty()) continue;
      std::vector<Rule>& rules = out[datasource];
      for (const json& element : list) rules.push_back(rule(element));
    }
    return out;
  });
}

Result<std::map<std::string, JsonText>> parse_compaction_configs(std::string_view body) {
  return dom::guarded(body, [](const dom::Element& answer) {
    std::map<std::string, JsonText> out;
    const dom::Element configs = dom::member(answer, "compactionConfigs");
    for (const dom::Element config : dom::array(configs, "compactionConfigs")) {
      out.emplace(dom::text(config, "dataSource"), dom::canonical(config));
    }
    return out;
  });
}

Result<std::string> parse_leader(std::string_view body) {
  while (!body.empty() && static_cast<unsigned char>(body.back()) <= ' ') body.remove_suffix(1);
  if (body.size() >= 2 && body.front() == '"' && body.back() == '"') {
    body = body.substr(1, body.size() - 2);
  }
  if (body.starts_with("http://") || body.starts_with("https://")) return std::string(body);
  return fail(ErrorKind::unavailable,
              fmt::format("the leader is no address ({})", one_line(body, 120)));
}

Result<std::vector<Segment>> parse_unused_segments(std::string_view body) {
  return guarded(body, [](const json& list) {
    std::vector<Segment> out;
    for (const json& element : array(list, "the list of segments")) {
      const json* inner = find_member(element, "dataSegment");
      out.push_back(segment(inner == nullptr ? element : *inner));
    }
    return out;
  });
}

Result<Sample> parse_sample(std::string_view body) {
  constexpr std::size_t errors_max = 5;
  return guarded(body, [](const json& answer) {
    if (!answer.is_object()) throw Misshapen{"expected an object with numRowsRead"};
    Sample out;
    out.rows_read = number_or(answer, "numRowsRead", 0);
    out.rows_indexed = number_or(answer, "numRowsIndexed", 0);
    const json* data = find_member(answer, "data");
    if (data == nullptr) return out;
    for (const json& row : array(*data, "data")) {
      if (out.errors.size() == errors_max) break;
      std::string error = text_or(row, "error", "");
      if (!error.empty()) out.errors.push_back(one_line(error, excerpt_max));
    }
    return out;
  });
}

// sys tables are evaluated by Calcite itself up to Druid 37, which knows few functions: no MAX of
// texts, no SUBSTRING. A version is an instant nearly always; its digits make a number that sorts
// as it does. Other versions count as none.
std::string digest_query() {
  const std::string digits = R"(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE("version",)"
                             R"('-',''),':',''),'T',''),'.',''),'Z',''))";
  return fmt::format(
      R"(SELECT "datasource",)"
      R"( SUM("is_published") AS "published",)"
      R"( SUM(CASE WHEN "is_published" = 1 AND "is_overshadowed" = 1 THEN 1 ELSE 0 END))"
      R"( AS "overshadowed",)"
      R"( SUM(CASE WHEN "is_published" = 1 AND "is_overshadowed" = 0 AND "is_available" = 0)"
      R"( AND "replication_factor" <> 0 THEN 1 ELSE 0 END) AS "unavailable",)"
      R"( SUM("is_realtime") AS "realtime",)"
      R"( SUM(CASE WHEN "is_published" = 1 THEN "size" ELSE 0 END) AS "size_bytes",)"
      R"( SUM(CASE WHEN "is_published" = 1 THEN "num_rows" ELSE 0 END) AS "row_count",)"
      R"( MAX(CASE WHEN "is_published" = 1 AND "version" LIKE '____-__-__T__:__:__.___Z')"
      R"( THEN CAST({} AS BIGINT) ELSE 0 END) AS "version_digits")"
      R"( FROM sys.segments GROUP BY "datasource")",
      digits);
}

std::string render_lock_filter(const std::vector<std::string>& datasources) {
  json out = json::array();
  for (const std::string& name : datasources) {
    out.push_back({{"datasource", name}, {"priority", 0}});
  }
  return out.dump();
}

std::string render_interval_body(Interval interval) {
  return json{{"interval", to_iso(interval)}}.dump();
}

std::string render_offsets_body(const std::string& stream, const PartitionOffsets& offsets) {
  json map = json::object();
  for (const auto& [partition, offset] : offsets) map[std::to_string(partition)] = offset;
  return json{{"type", "kafka"},
              {"partitions", {{"type", "end"}, {"stream", stream}, {"partitionOffsetMap", map}}}}
      .dump();
}

std::string render_rules(const std::vector<Rule>& rules) {
  json out = json::array();
  for (const Rule& rule : rules) out.push_back(to_json(rule));
  return out.dump();
}

}  // namespace henge::druid
