// Documents of kind Load, from their text to the ledger.
#pragma once

#include <string>

#include "daemon/apply.h"
#include "model/load_document.h"

namespace henge::daemon {

struct LoadDeclaration {
  LoadDocument load;
  std::string document;  // its text
};

// Whether a document's text is meant to declare a load, sound or not.
bool is_load_document(const std::string& document);

// The one load of a document; `source` names it in messages. Errors: invalid.
Result<LoadDeclaration> read_load_declaration(const std::string& source, std::string document);

// What declaring it would do.
struct LoadDocumentPlan {
  std::string name;
  std::string pipeline;
  std::string action;            // declare, redeclare, none
  std::optional<Error> refusal;  // apply would stop here
};
// `with` are pipelines that are declared by the same files.
LoadDocumentPlan plan_load_document(const ledger::State& state, const LoadDeclaration& declaration,
                                    const std::vector<std::string>& with);

// Records it; one that is in force as it is is left alone. Errors: not_found (its pipeline),
// refused (released, frozen, another pipeline has one of that name), those of record().
Result<Applied> declare_load(Doors& shell, const LoadDeclaration& declaration,
                             const Change& change);

// What its trouble is about, in `status`.
std::string load_document_trouble(const std::string& pipeline, const std::string& name);

// Nothing more is due by it. Errors: not_found.
Result<void> withdraw_load(Doors& shell, const std::string& pipeline, const std::string& name,
                           const std::string& by, const std::string& reason);

}  // namespace henge::daemon
