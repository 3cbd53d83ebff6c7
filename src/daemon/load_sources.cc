#include "daemon/load_sources.h"

#include <date/date.h>
#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "spec/fingerprint.h"

namespace henge::daemon {
namespace {

using nlohmann::json;

constexpr std::string_view template_begin = "{chunk";

std::string formatted(Instant chunk, const std::string& format) {
  return format.empty() ? to_short_iso(chunk) : date::format(format, chunk);
}

struct Template {
  std::size_t begin = 0, end = 0;  // of {chunk...}, the brace included
  std::string format;
};

Result<std::optional<Template>> find_template(const std::string& text) {
  const std::size_t begin = text.find(template_begin);
  if (begin == std::string::npos) return std::optional<Template>();
  const std::size_t end = text.find('}', begin);
  const std::size_t after = begin + template_begin.size();
  if (end == std::string::npos || (text[after] != '}' && text[after] != ':'))
    return fail(ErrorKind::invalid,
                fmt::format("'{}': expected {{chunk}} or {{chunk:%Y-%m-%dT%H}}", text));
  Template found{begin, end + 1, ""};
  if (text[after] == ':') found.format = text.substr(after + 1, end - after - 1);
  return std::optional(std::move(found));
}

Result<std::string> fill(std::string text, Instant chunk) {
  for (;;) {
    TRY(auto found, find_template(text));
    if (!found) return text;
    text.replace(found->begin, found->end - found->begin, formatted(chunk, found->format));
  }
}

// The paths that match, sorted. A path without a wildcard must be there.
Result<std::vector<std::string>> matching(const std::string& pattern) {
  glob_t found{};
  const int code = ::glob(pattern.c_str(), GLOB_ERR | GLOB_BRACE | GLOB_MARK, nullptr, &found);
  std::vector<std::string> paths;
  for (std::size_t i = 0; code == 0 && i < found.gl_pathc; ++i)
    if (!std::string_view(found.gl_pathv[i]).ends_with('/')) paths.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  if (code == GLOB_ABORTED)
    return fail(ErrorKind::denied, fmt::format("{}: {}", pattern, std::strerror(errno)));
  return paths;
}

}  // namespace

Result<std::vector<std::string>> expand_chunks(const std::string& source,
                                               const std::vector<Instant>& chunks) {
  TRY(const auto first, find_template(source));
  if (!first) return std::vector<std::string>{source};
  std::vector<std::string> out;
  for (const Instant chunk : chunks) {
    TRY(std::string text, fill(source, chunk));
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  return out;
}

Result<std::vector<std::string>> local_files(const std::vector<std::string>& sources,
                                             const std::vector<Instant>& chunks) {
  std::set<std::string> files;
  for (const std::string& source : sources) {
    if (!source.starts_with('/'))
      return fail(ErrorKind::invalid, fmt::format("'{}' is not an absolute path", source));
    TRY(const auto patterns, expand_chunks(source, chunks));
    std::size_t found = 0;
    for (const std::string& pattern : patterns) {
      TRY(const auto paths, matching(pattern));
      found += paths.size();
      files.insert(paths.begin(), paths.end());
      // Where each chunk has its own file, one that is missing would be loaded as empty.
      if (paths.empty() && patterns.size() > 1)
        return fail(ErrorKind::not_found,
                    fmt::format("{}: no such file, wanted by {}", pattern, source));
    }
    if (found == 0)
      return fail(ErrorKind::not_found, fmt::format("{}: there is no such file", source));
  }
  return std::vector<std::string>(files.begin(), files.end());
}

Result<Pipeline> pipeline_of_load(const Pipeline& pipeline, const LoadRequest& request) {
  Pipeline out = pipeline;
  if (request.format.empty()) return out;
  const json format = json::parse(request.format.text, nullptr, false);
  if (!format.is_object() || !format.contains("type") || !format["type"].is_string())
    return fail(ErrorKind::invalid,
                "the format must be Druid's inputFormat as a JSON object with a type");
  const std::string type = format["type"];
  out.stream.input_format.spec = request.format;
  out.stream.input_format.kind = type == "csv"   ? InputFormatKind::csv
                                 : type == "tsv" ? InputFormatKind::tsv
                                                 : InputFormatKind::json;
  return out;
}

std::string foreign_format(const LoadRequest& request) {
  if (request.format.empty()) return "";
  const json format = json::parse(request.format.text, nullptr, false);
  if (!format.is_object() || !format.contains("type") || !format["type"].is_string()) return "";
  const std::string type = format["type"];
  return type == "json" || type == "csv" || type == "tsv" ? "" : type;
}

std::string load_fingerprint(const LoadRequest& request, const LoadContent& content) {
  json files = json::array();
  for (const LoadFile& f : content.files) files.push_back({f.uri, f.bytes, f.content});
  const json all{{"pipeline", request.pipeline},
                 {"start", to_ms(request.interval.start)},
                 {"end", to_ms(request.interval.end)},
                 {"mode", to_string(request.mode)},
                 {"as_of", request.as_of ? json(to_ms(*request.as_of)) : json(nullptr)},
                 {"format", request.format.text},
                 {"inline", request.inline_rows},
                 {"sources", content.files.empty() ? json(request.sources) : json(nullptr)},
                 {"files", files}};
  return spec::fingerprint(JsonText{all.dump(-1, ' ', false, json::error_handler_t::replace)});
}

namespace {

bool feeds(const LoadFile& file, const LoadPart& part) {
  if (file.chunks.empty()) return file.rows < 0;  // it is not known which
  return std::ranges::any_of(
      part.chunks, [&](Instant chunk) { return std::ranges::binary_search(file.chunks, chunk); });
}

void add_files(const LoadContent& content, LoadPart& part) {
  for (std::size_t i = 0; i < content.files.size(); ++i)
    if (feeds(content.files[i], part)) part.files.push_back(static_cast<std::int64_t>(i));
}

}  // namespace

LoadPart make_part(const LoadContent& content, std::vector<Instant> chunks) {
  LoadPart part{std::move(chunks), {}, 0};
  const std::set<Instant> wanted(part.chunks.begin(), part.chunks.end());
  for (const LoadChunk& c : content.chunks) {
    if (!wanted.contains(c.chunk)) continue;
    part.rows = c.rows < 0 || part.rows < 0 ? -1 : part.rows + c.rows;
  }
  add_files(content, part);
  return part;
}

}  // namespace henge::daemon
