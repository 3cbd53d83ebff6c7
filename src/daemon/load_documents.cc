#include "daemon/load_documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/freeze.h"
#include "reconcile/load_schedule.h"
#include "runtime/failpoint.h"
#include "spec/parse.h"

namespace henge::daemon {

namespace {

const ledger::LoadDocumentState* find(const ledger::State& state, const std::string& pipeline,
                                      const std::string& name) {
  const auto known = state.pipelines.find(pipeline);
  if (known == state.pipelines.end()) return nullptr;
  const auto declared = known->second.load_documents.find(name);
  return declared == known->second.load_documents.end() ? nullptr : &declared->second;
}

// Why the ledger would not take it.
std::optional<Error> refusal_of(const ledger::State& state, const LoadDocument& load) {
  const auto known = state.pipelines.find(load.pipeline);
  if (known == state.pipelines.end() || known->second.version == 0)
    return Error{
        ErrorKind::not_found,
        fmt::format("pipeline '{}' of load '{}' is not in the ledger", load.pipeline, load.name)};
  if (!known->second.managed())
    return Error{
        ErrorKind::refused,
        fmt::format("pipeline '{}' was released; nothing is loaded into it", load.pipeline)};
  for (const auto& [name, other] : state.pipelines)
    if (name != load.pipeline && other.managed() && other.load_documents.contains(load.name))
      return Error{ErrorKind::refused,
                   fmt::format("load '{}' is declared for pipeline '{}'; `henge load withdraw {} "
                               "{}` ends that, or choose another name",
                               load.name, name, name, load.name)};
  return std::nullopt;
}

}  // namespace

bool is_load_document(const std::string& document) {
  const auto parsed = spec::parse_pipelines("document", document);
  return !parsed.loads.empty() && parsed.pipelines.empty();
}

Result<LoadDeclaration> read_load_declaration(const std::string& source, std::string document) {
  auto parsed = spec::parse_pipelines(source, document);
  if (has_errors(parsed.diagnostics) || parsed.loads.size() != 1 || !parsed.pipelines.empty())
    return fail(ErrorKind::invalid, parsed.diagnostics.empty()
                                        ? "expected one load a document"
                                        : to_text(parsed.diagnostics.front()));
  return LoadDeclaration{std::move(parsed.loads.front().load), std::move(document)};
}

LoadDocumentPlan plan_load_document(const ledger::State& state, const LoadDeclaration& declaration,
                                    const std::vector<std::string>& with) {
  const LoadDocument& load = declaration.load;
  LoadDocumentPlan plan{load.name, load.pipeline, "declare", refusal_of(state, load)};
  if (plan.refusal && plan.refusal->kind == ErrorKind::not_found &&
      std::ranges::find(with, load.pipeline) != with.end())
    plan.refusal.reset();
  if (const auto* before = find(state, load.pipeline, load.name))
    plan.action = before->document == declaration.document ? "none" : "redeclare";
  return plan;
}

Result<Applied> declare_load(Doors& shell, const LoadDeclaration& declaration,
                             const Change& change) {
  const LoadDocument& load = declaration.load;
  if (auto refused = refusal_of(shell.journal.state(), load))
    return tl::unexpected<Error>(*std::move(refused));
  if (auto frozen = freeze_refusal(shell.journal.state(), load.pipeline))
    return tl::unexpected<Error>(*std::move(frozen));
  const auto* before = find(shell.journal.state(), load.pipeline, load.name);
  if (before != nullptr && before->document == declaration.document)
    return Applied{load.name, "unchanged", 0, ""};
  std::optional<LoadDeclaration> was;
  if (before != nullptr) {
    auto read = read_load_declaration(load.name, before->document);
    if (read) was = std::move(*read);
  }
  const Instant since =
      reconcile::schedule_since(was ? &was->load : nullptr, before, load, shell.clock.now());
  const char* action = before == nullptr ? "created" : "updated";
  TRY_VOID(record(
      shell, load.pipeline,
      {ledger::LoadDeclared{load.name, declaration.document, since, change.by, change.reason}}));
  runtime::failpoint("load.declared");
  return Applied{load.name, action, 0, ""};
}

std::string load_document_trouble(const std::string& pipeline, const std::string& name) {
  return fmt::format("{}: load document {}", pipeline, name);
}

Result<void> withdraw_load(Doors& shell, const std::string& pipeline, const std::string& name,
                           const std::string& by, const std::string& reason) {
  if (find(shell.journal.state(), pipeline, name) == nullptr)
    return fail(ErrorKind::not_found,
                fmt::format("pipeline '{}' has no load document '{}'", pipeline, name));
  TRY_VOID(record(shell, pipeline, {ledger::LoadWithdrawn{name, by, reason}}));
  shell.troubles.clear(load_document_trouble(pipeline, name), shell.clock.now());
  return {};
}

}  // namespace henge::daemon
