// What `load` shows: what was asked for, how far it is, and all of one load.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/load_documents_view.h"
#include "daemon/load_json.h"

namespace henge::cli {

struct ListedLoad {
  std::string pipeline;
  const ledger::LoadState* load = nullptr;
};

// Newest last, and the documents by which more are due. JSON: {"loads": [...], "documents": [...]}.
std::string show_loads(const std::vector<ListedLoad>& loads,
                       const std::vector<ListedDocument>& documents, const Console& console);

// The answer of the serving henge, or the ledger's state: JSON of load_json() with all detail.
std::string show_load(const std::string& json, const Console& console);

struct AskedDetail {
  bool dry_run = false;
  bool explain = false;  // every reason and every task
};

// What a trial found, or what was accepted: JSON of asked_json().
std::string show_asked(const std::string& json, const AskedDetail& detail, const Console& console);

}  // namespace henge::cli
