#include "cli/load_documents_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "daemon/load_documents.h"
#include "reconcile/load_schedule.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

std::string schedule_text(const LoadDocument& load) {
  switch (load.schedule.trigger) {
    case LoadTrigger::once:
      return "once";
    case LoadTrigger::cron:
      return "cron " + load.schedule.cron;
    case LoadTrigger::sealed:
      return "when sealed";
    case LoadTrigger::exists:
      return "when exists " + load.schedule.path;
  }
  return "";
}

json maybe(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json refused_json(const std::optional<ledger::RefusedLoad>& refused) {
  if (!refused) return nullptr;
  return {{"error", refused->error},
          {"tries", refused->tries},
          {"since", to_iso(refused->since)},
          {"at", to_iso(refused->at)}};
}

void add_loads(const ledger::PipelineState& state, ListedDocument& out) {
  std::int64_t newest = 0;
  for (const auto& [name, load] : state.loads) {
    if (!load.intent.key.starts_with(out.name + "@")) continue;
    ++out.loads;
    if (load.intent.number < newest) continue;
    newest = load.intent.number;
    out.last = name;
    out.last_stage = ledger::stage_of(load);
  }
}

}  // namespace

std::vector<ListedDocument> list_documents(const std::string& pipeline,
                                           const ledger::PipelineState& state, Instant now) {
  std::vector<ListedDocument> all;
  const reconcile::ScheduleLimits limits;
  for (const auto& [name, declared] : state.load_documents) {
    ListedDocument out;
    out.name = name;
    out.pipeline = pipeline;
    out.by = declared.by;
    out.declared = declared.declared_at;
    add_loads(state, out);
    const auto read = daemon::read_load_declaration(name, declared.document);
    if (read) {
      out.schedule = schedule_text(read->load);
      out.next = reconcile::next_due(state, declared, read->load, limits, now);
      out.next_text = reconcile::next_text(state, declared, read->load, limits, now);
      if (const auto* refused = reconcile::last_refusal(declared, read->load, now))
        out.refused = *refused;
    } else {
      out.next_text = "never: " + read.error().message;
    }
    all.push_back(std::move(out));
  }
  return all;
}

std::string documents_json(const std::vector<ListedDocument>& documents) {
  json out = json::array();
  for (const ListedDocument& d : documents)
    out.push_back({{"name", d.name},
                   {"pipeline", d.pipeline},
                   {"schedule", d.schedule},
                   {"next", d.next ? json(to_iso(*d.next)) : json(nullptr)},
                   {"next_text", d.next_text},
                   {"loads", d.loads},
                   {"last", maybe(d.last)},
                   {"last_stage", maybe(d.last_stage)},
                   {"refused", refused_json(d.refused)},
                   {"by", d.by},
                   {"declared", to_iso(d.declared)}});
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string show_documents(const std::vector<ListedDocument>& documents, const Console& console) {
  if (documents.empty()) return "";
  const auto left = [](const char* title, int drop_rank) {
    return Column{title, Align::left, drop_rank, 0};
  };
  Table table({left("DOCUMENT", 0),
               left("PIPELINE", 2),
               left("SCHEDULE", 3),
               left("NEXT", 0),
               {"LOADS", Align::right, 4, 0},
               left("LAST", 1)});
  std::string refused;
  for (const ListedDocument& d : documents) {
    const Tone tone = d.last_stage == "failed" ? Tone::bad : Tone::plain;
    table.add({{printable(d.name), Tone::strong},
               {printable(d.pipeline), Tone::plain},
               {printable(d.schedule), Tone::plain},
               {printable(d.next_text), Tone::plain},
               {std::to_string(d.loads), Tone::plain},
               {d.last.empty() ? "-" : d.last + " " + d.last_stage, tone}});
    if (d.refused)
      refused += console.style.paint(
          Tone::bad,
          fmt::format("{}: not accepted ({}): {}\n", printable(d.name),
                      d.refused->tries == 1 ? "one try" : fmt::format("{} tries", d.refused->tries),
                      printable(d.refused->error)));
  }
  return table.render(console.out.columns, console.style) + refused;
}

}  // namespace henge::cli
