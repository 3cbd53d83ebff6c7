// What `load list` shows of load documents: when the next load of each is due, what became of the
// last one, and what could not be accepted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "ledger/state.h"

namespace henge::cli {

struct ListedDocument {
  std::string name;
  std::string pipeline;
  std::string schedule;         // cron 0 3 * * *, when sealed, when exists /data/{chunk}, once
  std::optional<Instant> next;  // nothing where that is no moment
  std::string next_text;
  std::int64_t loads = 0;  // that were accepted
  std::string last;        // the newest of them; empty: none
  std::string last_stage;
  std::optional<ledger::RefusedLoad> refused;
  std::string by;
  Instant declared{};
};

std::vector<ListedDocument> list_documents(const std::string& pipeline,
                                           const ledger::PipelineState& state, Instant now);

// A JSON array.
std::string documents_json(const std::vector<ListedDocument>& documents);
// Empty where there is none.
std::string show_documents(const std::vector<ListedDocument>& documents, const Console& console);

}  // namespace henge::cli
