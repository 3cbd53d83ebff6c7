#include "spec/render.h"

#include <fmt/format.h>

#include <array>

#include "spec/fingerprint.h"
#include "spec/render_batch.h"
#include "spec/render_compaction.h"
#include "spec/render_supervisor.h"

namespace henge::spec {
namespace {

constexpr Instant example_time = instant_of_ms(1'767'225'600'000);  // 2026-01-01T00:00Z
constexpr std::array modes = {Mode::supervisor, Mode::append, Mode::replace, Mode::reindex,
                              Mode::compaction};

std::string example_timestamp(const TimestampSpec& timestamp) {
  const auto ms = std::to_string(to_ms(example_time));
  if (timestamp.format == "millis") return ms;
  if (timestamp.format == "posix") return ms.substr(0, ms.size() - 3);
  if (timestamp.format == "micro") return ms + "000";
  if (timestamp.format == "nano") return ms + "000000";
  return to_iso(example_time);
}

std::string example_row(const Pipeline& p) {
  const auto time = example_timestamp(p.schema.timestamp);
  if (p.stream.input_format.kind != InputFormatKind::json) return time;
  const bool number = time.find('-') == std::string::npos;
  return fmt::format(R"({{"{}":{}{}{}}})", p.schema.timestamp.column, number ? "" : "\"", time,
                     number ? "" : "\"");
}

JsonText example_source(const Pipeline& p, Interval chunk, Mode mode) {
  if (mode == Mode::reindex) {
    return {fmt::format(R"({{"dataSource":"{}","interval":"{}","type":"druid"}})", p.datasource,
                        to_iso(chunk))};
  }
  return {R"({"type":"http","uris":["http://127.0.0.1/events.json"]})"};
}

Result<JsonText> render_one(const Pipeline& p, Mode mode) {
  const Interval chunk = bucket(p.schema.segment_granularity, example_time);
  const auto id = fmt::format("henge.{}.{}.example", to_string(mode), p.name);
  switch (mode) {
    case Mode::supervisor:
      return render_supervisor(p);
    case Mode::append:
      return render_append(p, {id, {chunk}, InlineRows{example_row(p)}});
    case Mode::replace:
    case Mode::reindex:
      return render_replace(p, {id, {chunk}, example_source(p, chunk, mode)});
    case Mode::compaction:
      return render_compaction(p, chunk, id);
  }
  return fail(ErrorKind::internal, "an unknown mode");
}

}  // namespace

Result<JsonText> render(const Pipeline& pipeline, Mode mode) {
  TRY(const Parity all, parity(pipeline));
  invariant(all.holds(), "a render checks its own parity before it returns");
  return render_one(pipeline, mode);
}

Result<Parity> parity(const Pipeline& pipeline) {
  Parity all;
  for (const auto mode : modes) {
    const auto text = render_one(pipeline, mode);
    if (!text) {
      if (text.error().kind == ErrorKind::internal || mode == Mode::supervisor) {
        return tl::unexpected<Error>(text.error());
      }
      all.lines.push_back({Aspect::metrics_spec, mode, Agreement::absent, text.error().message});
      continue;
    }
    TRY(const Parity one, parity_of(pipeline, mode, *text));
    all.lines.insert(all.lines.end(), one.lines.begin(), one.lines.end());
  }
  return all;
}

Result<std::map<Mode, std::string>> fingerprints(const Pipeline& pipeline) {
  std::map<Mode, std::string> all;
  for (const auto mode : modes) {
    const auto text = render(pipeline, mode);
    if (!text && mode == Mode::supervisor) return tl::unexpected<Error>(text.error());
    if (text) all[mode] = fingerprint(*text);
  }
  return all;
}

}  // namespace henge::spec
