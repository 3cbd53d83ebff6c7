#include "spec/parse.h"

#include <fmt/format.h>

#include <map>

#include "spec/build_pipeline.h"
#include "spec/load_document.h"
#include "spec/pipeline_shape.h"
#include "spec/suggest.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

constexpr const char* version_now = "henge/v1";

// Whether the document is one that shall be read as a pipeline at all.
bool is_pipeline(const View& document, StrayConfig stray, Report& report) {
  if (!document.is(NodeKind::map)) {
    report.add("wrong_type", document, "expected a pipeline, found " + describe(*document.node),
               "a document starts with apiVersion: henge/v1 and kind: Pipeline");
    return false;
  }
  const View kind = document["kind"];
  const View version = document["apiVersion"];
  if (kind.text_or("") == "Config") {
    if (stray == StrayConfig::skipped) {
      report.add("skipped_document", kind, "this is henge's configuration, not a pipeline",
                 "name it with --config");
    } else {
      report.add("unknown_kind", kind, "expected kind Pipeline, found Config",
                 "henge's configuration is named with --config");
    }
    return false;
  }
  const bool foreign = document["dataSchema"] || document["spec"]["dataSchema"];
  if (!kind && !version && (foreign || !document["spec"])) {
    report.add(
        "unknown_kind", document, "expected a pipeline with apiVersion, kind, metadata and spec",
        foreign ? "this looks like a Druid spec; its parts go into spec.schema and spec.stream"
                : "a document starts with apiVersion: henge/v1 and kind: Pipeline");
    return false;
  }
  return true;
}

Place place_of(const Report& report, const View& view) {
  return {report.file(), view.place().line, view.place().column};
}

// Each document's lines, up to where the next one's separator begins. Comments stay with the
// document before them.
std::vector<std::string> texts_of(std::string_view text, const std::vector<Node>& documents) {
  std::vector<std::size_t> line_starts{0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    line_starts.push_back(at + 1);
  auto start_of = [&](const Node& node) {
    auto line = static_cast<std::size_t>(std::max(1, node.start.line)) - 1;
    return line < line_starts.size() ? line_starts[line] : text.size();
  };
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::size_t begin = start_of(documents[i]);
    std::size_t end = i + 1 < documents.size() ? start_of(documents[i + 1]) : text.size();
    const std::size_t marker = text.find("\n---", begin);
    if (marker != std::string_view::npos && marker + 1 < end) end = marker + 1;
    texts.emplace_back(text.substr(begin, end - begin));
  }
  return texts;
}

bool is_load(const View& document) {
  const std::string kind = document["kind"].text_or("");
  return kind != "Pipeline" && nearest(kind, {"Pipeline", "Load", "Config"}) == "Load";
}

void parse_load(const View& document, const std::string& text, Report& report,
                std::vector<ParsedLoad>& loads) {
  const std::size_t before = report.size();
  check(load_shape(), document, load_shape(), report);
  ParsedLoad parsed;
  parsed.load = build_load(document);
  validate_load(document, parsed.load, report);
  parsed.place = place_of(report, document);
  parsed.name_place = place_of(report, document["metadata"]["name"]);
  parsed.pipeline_place = place_of(report, document["spec"]["pipeline"]);
  parsed.usable = !report.has_errors_since(before);
  parsed.document = text;
  if (!parsed.load.name.empty()) loads.push_back(std::move(parsed));
}

void parse_document(const View& document, StrayConfig stray, Report& report,
                    std::vector<ParsedPipeline>& pipelines) {
  if (!is_pipeline(document, stray, report)) return;
  const std::size_t before = report.size();
  check(pipeline_shape(), document, pipeline_shape(), report);
  ParsedPipeline parsed;
  parsed.pipeline = build_pipeline(document);
  validate(document, parsed.pipeline, report);
  const View name = document["metadata"]["name"];
  const View datasource = document["spec"]["datasource"];
  parsed.place = place_of(report, document);
  parsed.name_place = place_of(report, name);
  parsed.datasource_place = place_of(report, datasource ? datasource : name);
  parsed.usable = !report.has_errors_since(before);
  if (!parsed.pipeline.name.empty()) pipelines.push_back(std::move(parsed));
}

}  // namespace

ParsedFile parse_pipelines(const std::string& file, std::string_view text, StrayConfig stray) {
  YamlFile yaml = parse_yaml(file, text, YamlLimits{});
  Report report(file);
  ParsedFile parsed;
  if (yaml.documents.empty() && yaml.diagnostics.empty()) {
    report.add(
        "no_files", View{}, "the file holds no document",
        fmt::format("a pipeline starts with apiVersion: {} and kind: Pipeline", version_now));
  }
  const bool sound = yaml.diagnostics.empty();
  report.add_all(std::move(yaml.diagnostics));
  const std::vector<std::string> texts = texts_of(text, yaml.documents);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t before = parsed.pipelines.size();
    const View document = view_of(yaml.documents[i]);
    if (is_load(document)) {
      parse_load(document, texts[i], report, parsed.loads);
      continue;
    }
    parse_document(document, stray, report, parsed.pipelines);
    if (parsed.pipelines.size() > before) parsed.pipelines.back().document = texts[i];
  }
  for (ParsedPipeline& pipeline : parsed.pipelines) pipeline.usable = pipeline.usable && sound;
  for (ParsedLoad& load : parsed.loads) load.usable = load.usable && sound;
  parsed.diagnostics = std::move(report).take();
  return parsed;
}

std::vector<Diagnostic> find_duplicates(const std::vector<ParsedPipeline>& pipelines) {
  std::vector<Diagnostic> found;
  std::map<std::string, const ParsedPipeline*> names;
  std::map<std::string, const ParsedPipeline*> datasources;
  for (const ParsedPipeline& parsed : pipelines) {
    const Pipeline& pipeline = parsed.pipeline;
    auto [named, new_name] = names.emplace(pipeline.name, &parsed);
    if (!new_name) {
      const Place& first = named->second->name_place;
      found.push_back({Severity::error, parsed.name_place, "metadata.name",
                       fmt::format("the pipeline {} is already declared in {}:{}", pipeline.name,
                                   first.file, first.line),
                       "give one of the two another name", "duplicate_pipeline"});
    }
    auto [fed, new_datasource] = datasources.emplace(pipeline.datasource, &parsed);
    if (!new_datasource && new_name) {
      const Place& first = fed->second->datasource_place;
      found.push_back(
          {Severity::error, parsed.datasource_place, "spec.datasource",
           fmt::format("the datasource {} is already fed by the pipeline {} in {}:{}",
                       pipeline.datasource, fed->second->pipeline.name, first.file, first.line),
           "a datasource has one owner: two would break the counts of both",
           "duplicate_datasource"});
    }
  }
  return found;
}

std::vector<Diagnostic> find_load_mistakes(const std::vector<ParsedPipeline>& pipelines,
                                           const std::vector<ParsedLoad>& loads) {
  std::vector<Diagnostic> found;
  std::map<std::string, const ParsedLoad*> names;
  std::map<std::string, const ParsedPipeline*> known;
  std::vector<std::string> known_names;
  for (const ParsedPipeline& parsed : pipelines) {
    known.emplace(parsed.pipeline.name, &parsed);
    known_names.push_back(parsed.pipeline.name);
  }
  for (const ParsedLoad& parsed : loads) {
    const LoadDocument& load = parsed.load;
    if (auto [named, fresh] = names.emplace(load.name, &parsed); !fresh) {
      const Place& first = named->second->name_place;
      found.push_back({Severity::error, parsed.name_place, "metadata.name",
                       fmt::format("the load {} is already declared in {}:{}", load.name,
                                   first.file, first.line),
                       "give one of the two another name", "duplicate_load"});
    }
    if (pipelines.empty() || load.pipeline.empty()) continue;
    const auto into = known.find(load.pipeline);
    if (into == known.end()) {
      found.push_back({Severity::error, parsed.pipeline_place, "spec.pipeline",
                       fmt::format("no file declares the pipeline {}", load.pipeline),
                       suggestion(load.pipeline, known_names), "unknown_pipeline"});
      continue;
    }
    const Granularity chunk = into->second->pipeline.schema.segment_granularity;
    if (load.last && *load.last != chunk && !nests(chunk, *load.last))
      found.push_back({Severity::error, parsed.place, "spec.last",
                       fmt::format("{} is not made of whole chunks of {} ({})",
                                   to_string(*load.last), load.pipeline, to_string(chunk)),
                       "", "load_chunks"});
  }
  return found;
}

}  // namespace henge::spec
