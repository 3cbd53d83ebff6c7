// Asks for the loads that documents declare, when they are due, in the way a person does. What is
// due is decided by reconcile/load_schedule; that it is asked for once, by the key in the ledger.
#pragma once

#include <map>
#include <set>
#include <string>

#include "daemon/shell.h"
#include "model/load_document.h"
#include "reconcile/load_schedule.h"

namespace henge::daemon {

class LoadScheduler {
 public:
  explicit LoadScheduler(Shell& shell) : shell_(shell) {}

  // One look at a pipeline's documents, unless one is under way: it reads all sources of what is
  // due, which may take long. `partitions` is how many the topic has.
  void look(const std::string& pipeline, int partitions);

 private:
  struct Read {
    std::string text;
    LoadDocument load;
  };

  boost::asio::awaitable<void> look_at(std::string pipeline, int partitions);
  runtime::Async<void> look_at_document(std::string pipeline, std::string name, int partitions);
  runtime::Async<void> ask(std::string name, LoadRequest request);
  // As it was read before, where its text is the same.
  Result<LoadDocument> document_of(const std::string& name, const std::string& text);
  [[nodiscard]] const ledger::LoadDocumentState* find(const std::string& pipeline,
                                                      const std::string& name) const;

  Shell& shell_;
  reconcile::ScheduleLimits limits_;
  std::set<std::string> busy_;            // pipelines
  std::map<std::string, Read> read_;      // by name
  std::map<std::string, Instant> after_;  // by key: Druid or a source did not answer
};

}  // namespace henge::daemon
