#include "spec/load_document.h"

#include <fmt/format.h>

#include "model/cron.h"
#include "spec/node_json.h"
#include "spec/references.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

constexpr std::int64_t catch_up_max = 100;

Field schedule() {
  return object("schedule",
                "When it is due, by one of `cron` and `when`. Without a schedule: once, as soon as "
                "it is declared.",
                {
                    text("cron",
                         "At these minutes, in UTC: minute, hour, day of month, month, day of "
                         "week."),
                    integer("catchUp", 1, catch_up_max,
                            "cron: so many of the last times are made up for where nobody was "
                            "there to begin them. Older ones are left out.")
                        .otherwise("1"),
                    text("when",
                         "`sealed`: each chunk, once it is sealed. `exists`: when `path` is there.")
                        .one_of({"sealed", "exists"}),
                    text("path",
                         "exists: an absolute local path. With a `{chunk}` template each chunk has "
                         "its own, and is loaded when that is there."),
                    text("from",
                         "Chunks that begin then or later. Without it: the one in which the "
                         "document was declared, and later ones."),
                })
      .refusing({{"timeZone", "unknown_field", "unknown field timeZone",
                  "cron expressions are in UTC, as those of windows are"},
                 {"timezone", "unknown_field", "unknown field timezone",
                  "cron expressions are in UTC, as those of windows are"}});
}

Field spec() {
  return object(
             "spec", "What is loaded, and when. See loads.md.",
             {
                 text("pipeline", "The pipeline it is loaded into.").must(),
                 schedule(),
                 text("interval",
                      "Which chunks, as START/END on their borders. Not where each chunk has a "
                      "load of its own."),
                 granularity("last",
                             "cron, instead of `interval`: the last whole bucket of that length "
                             "before it is due. `DAY` is yesterday, in UTC."),
                 period("back",
                        "cron: so much before; with `last: DAY` and P1D the day before "
                        "yesterday."),
                 list("sources",
                      "Files, globs, `{chunk}` templates, http(s), s3 and druid addresses. Local "
                      "paths are absolute.",
                      text("item", "One source.")),
                 text("rows", "The rows themselves, one a line, instead of sources."),
                 druid("format", "Druid's inputFormat; the stream's if absent."),
                 text("mode", "Whether rows come to what is there, or take its place.")
                     .one_of({"append", "replace"})
                     .otherwise("append"),
                 text("asOf",
                      "replace: the data hold every arrival up to then: a moment, or a period "
                      "before it is due. Without it: when it was due; of `exists` when the path "
                      "was last changed."),
                 period("deadline", "So long after it is due it has to be done."),
                 integer("priority", -1000, 1000, "Higher goes first.").otherwise("0"),
                 boolean("forceOpen", "Append also where streaming may still write.")
                     .otherwise("false"),
                 boolean("allowEmpty", "Also if the sources hold nothing.").otherwise("false"),
                 boolean("allowShrink", "Also if far fewer rows replace what is there.")
                     .otherwise("false"),
                 text("reason", "Why; kept in the ledger."),
             })
      .must()
      .refusing({{"source", "unknown_field", "unknown field source", "write sources, a list"},
                 {"key", "unknown_field", "unknown field key",
                  "each load of a document has the document's name and its time as its key"}});
}

LoadSchedule schedule_of(const View& from) {
  LoadSchedule out;
  if (!from) return out;
  out.cron = from["cron"].text_or("");
  out.path = from["path"].text_or("");
  out.catch_up = from["catchUp"].integer().value_or(1);
  const std::string when = from["when"].text_or("");
  if (!out.cron.empty()) out.trigger = LoadTrigger::cron;
  if (when == "sealed") out.trigger = LoadTrigger::sealed;
  if (when == "exists") out.trigger = LoadTrigger::exists;
  if (auto text = from["from"].text())
    if (auto t = parse_instant(*text)) out.from = *t;
  return out;
}

bool is_remote(const std::string& source) {
  return source.find("://") != std::string::npos || source.starts_with("druid:");
}

void check_instant(const View& at, const std::string& hint, Report& report) {
  const auto text = at.text();
  if (!text) return;
  if (auto parsed = parse_instant(*text); !parsed)
    report.add("bad_moment", at, parsed.error().message, hint);
}

void validate_schedule(const View& schedule, Report& report) {
  if (!schedule) return;
  const View cron = schedule["cron"], when = schedule["when"], path = schedule["path"];
  if (cron && when)
    report.add("load_schedule", when, "a load is due by cron or by when, not by both",
               "leave one of them out, or declare two loads");
  if (!cron && !when && schedule.is(NodeKind::map))
    report.add("load_schedule", schedule, "the schedule says neither cron nor when",
               "leave schedule out for a load that is done once");
  if (auto text = cron.text())
    if (auto parsed = Cron::parse(*text); !parsed)
      report.add("bad_cron", cron, parsed.error().message, "");
  if (schedule["catchUp"] && !cron)
    report.add("load_schedule", schedule["catchUp"], "catchUp is for cron only", "");
  const std::string word = when.text_or("");
  if (word == "exists" && !path)
    report.add("load_schedule", when, "when: exists needs a path", "add path: /data/{chunk}/done");
  if (path && word != "exists" && when.text())
    report.add("load_schedule", path, "path is for when: exists only", "");
  if (path && !when) report.add("load_schedule", path, "path is for when: exists only", "");
  if (schedule["from"] && !when)
    report.add("load_schedule", schedule["from"], "from is for when: sealed and exists only", "");
  check_instant(schedule["from"], "", report);
}

void validate_path(const View& path, Report& report) {
  const auto text = path.text();
  if (!text || has_reference(*text)) return;
  if (is_remote(*text))
    return report.add("load_path", path, "only local paths are watched",
                      "use cron: a source that is not there yet is tried again");
  if (!text->starts_with('/'))
    report.add("load_path", path, "not an absolute path",
               "henge serve looks for it, wherever it was started");
  if (text->find_first_of("*?[") != std::string::npos)
    report.add("load_path", path, "a pattern is not watched: which of its files is the last?",
               "name one path that is there when all data are");
}

void validate_chunks(const View& spec, const LoadDocument& load, Report& report) {
  const View interval = spec["interval"], last = spec["last"];
  if (auto text = interval.text())
    if (auto parsed = parse_interval(*text); !parsed)
      report.add("bad_moment", interval, parsed.error().message, "");
  if (interval && last)
    return report.add("load_chunks", last, "which chunks: by interval or by last, not by both", "");
  if (last && load.schedule.trigger != LoadTrigger::cron)
    return report.add("load_chunks", last, "last is for cron only", "write interval");
  if (spec["back"] && !last) report.add("load_chunks", spec["back"], "back is for last only", "");
  if (auto of = last.granularity(); of && (*of == Granularity::none || *of == Granularity::all))
    report.add("load_chunks", last, fmt::format("{} has no last bucket", to_string(*of)),
               "write DAY for yesterday");
  if (load.by_chunk()) {
    if (interval)
      report.add("load_chunks", interval, "each chunk has a load of its own here: no interval",
                 "schedule.from says from which chunk on");
    return;
  }
  if (interval || last) return;
  report.add("load_chunks", spec, "which chunks it loads is missing",
             load.schedule.trigger == LoadTrigger::cron ? "add last: DAY, or an interval"
                                                        : "add an interval");
}

void validate_sources(const View& spec, Report& report) {
  const View sources = spec["sources"], rows = spec["rows"];
  if (sources && rows)
    report.add("load_sources", rows, "rows or sources, not both", "leave one of them out");
  if (!sources && !rows)
    report.add("load_sources", spec, "what is loaded is missing", "add sources");
  if (const auto text = rows.text(); text && text->size() > load_rows_bytes_max)
    report.add("load_sources", rows,
               fmt::format("{} bytes, and {} at the most can travel in a task", text->size(),
                           load_rows_bytes_max),
               "put them into a file that Druid's workers see, or serve them over http");
  if (sources.is(NodeKind::list) && sources.items().empty())
    report.add("load_sources", sources, "there is no source in the list", "");
  for (const View& source : sources.items()) {
    const auto text = source.text();
    if (!text || has_reference(*text) || is_remote(*text) || text->starts_with('/')) continue;
    report.add("load_sources", source, fmt::format("'{}' is not an absolute path", *text),
               "Druid's workers and henge serve read it, wherever they were started");
  }
}

}  // namespace

const Field& load_shape() {
  static const Field shape =
      object("", "A batch load into a pipeline's datasource, once or by a schedule.",
             {
                 text("apiVersion", "The version of this format.").must().one_of({"henge/v1"}),
                 text("kind", "What the document declares.").must().one_of({"Load"}),
                 object("metadata", "What the load is called.",
                        {
                            text("name",
                                 "Its name, in all of the ledger: lower-case letters, digits, - "
                                 "and _, 63 at the most.")
                                .must(),
                            labels("labels", "Free names and values."),
                        })
                     .must(),
                 spec(),
             });
  return shape;
}

LoadDocument build_load(const View& document) {
  LoadDocument load;
  const View spec = document["spec"];
  load.name = document["metadata"]["name"].text_or("");
  load.pipeline = spec["pipeline"].text_or("");
  load.schedule = schedule_of(spec["schedule"]);
  if (auto text = spec["interval"].text())
    if (auto interval = parse_interval(*text)) load.interval = *interval;
  load.last = spec["last"].granularity();
  load.back = spec["back"].period().value_or(Millis(0));
  for (const View& source : spec["sources"].items()) load.sources.push_back(source.text_or(""));
  load.inline_rows = spec["rows"].text_or("");
  load.format = json_of(spec["format"]);
  if (spec["mode"].text_or("") == "replace") load.mode = LoadMode::replace;
  if (auto text = spec["asOf"].text()) {
    if (auto t = parse_instant(*text)) load.as_of = *t;
    if (auto before = parse_period(*text)) load.as_of_back = *before;
  }
  load.deadline = spec["deadline"].period();
  load.priority = spec["priority"].integer().value_or(0);
  load.force_open = spec["forceOpen"].boolean().value_or(false);
  load.allow_empty = spec["allowEmpty"].boolean().value_or(false);
  load.allow_shrink = spec["allowShrink"].boolean().value_or(false);
  load.reason = spec["reason"].text_or("");
  return load;
}

void validate_load(const View& document, const LoadDocument& load, Report& report) {
  const View name = document["metadata"]["name"], spec = document["spec"];
  if (name.text() && !has_reference(load.name) && !is_name(load.name))
    report.add("bad_name", name, fmt::format("{} cannot name a load", describe(*name.node)),
               "lower-case letters, digits, - and _, a letter or digit at both ends, 63 characters "
               "at the most");
  if (!spec.is(NodeKind::map)) return;
  validate_schedule(spec["schedule"], report);
  validate_path(spec["schedule"]["path"], report);
  validate_chunks(spec, load, report);
  validate_sources(spec, report);
  const View as_of = spec["asOf"];
  if (as_of.text() && !load.as_of && !load.as_of_back)
    report.add("bad_moment", as_of,
               fmt::format("'{}' is neither a moment nor a period", as_of.text_or("")),
               "such as 2026-11-23T04:00Z, or PT1H for an hour before it is due");
  const View format = spec["format"];
  if (format && !format["type"].text())
    report.add("load_sources", format, "the format has no type", "such as {type: json}");
}

}  // namespace henge::spec
