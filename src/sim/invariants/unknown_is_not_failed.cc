// Law 4: rows are called absent, and sent a second time, only when none of them is in Druid and no
// task is left that could bring them.
#include <fmt/format.h>

#include <algorithm>

#include "sim/law.h"

namespace henge::sim {
namespace {

class UnknownIsNotFailed final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "unknown is not failed"; }

  Finding on_event(const Witness& w, const ledger::Event& event) override {
    if (const auto* absent = std::get_if<ledger::RepairAbsent>(&event.body))
      return check(w, event.pipeline, absent->repair, absent->task_id, "called absent");
    if (const auto* confirmed = std::get_if<ledger::RepairConfirmed>(&event.body))
      return check_confirmed(w, event.pipeline, *confirmed);
    if (const auto* absent = std::get_if<ledger::LoadTaskAbsent>(&event.body))
      return check_load(w, event.pipeline, *absent);
    return {};
  }

 private:
  static Finding check_load(const Witness& w, const std::string& pipeline,
                            const ledger::LoadTaskAbsent& absent) {
    const Pipeline& p = w.scenario.subjects[w.subject_of(pipeline)].pipeline;
    auto active = w.druid.active_tasks(p.datasource);
    if (active)
      for (const auto& one : *active)
        if (one.id == absent.task_id)
          return fmt::format("{} is called absent, but {} still runs", absent.load, one.id);
    const auto stored = w.druid.stored_rows(p.datasource);
    const std::string& key = w.find(pipeline)->loads.at(absent.load).intent.key;
    for (const HandLoad& load : w.loads)
      for (const Produced& row : load.rows)
        if (load.request.key == key &&
            std::ranges::binary_search(stored, row.id, {}, &SegmentRow64::id))
          return fmt::format("{} is called absent, but rows of it are in Druid", absent.load);
    return {};
  }

  static Finding check(const Witness& w, const std::string& pipeline, const std::string& repair,
                       const std::string& task, std::string_view what) {
    const Pipeline& p = w.scenario.subjects[w.subject_of(pipeline)].pipeline;
    auto active = w.druid.active_tasks(p.datasource);
    if (active)
      for (const auto& one : *active)
        if (one.id == task) return fmt::format("{} is {}, but {} still runs", repair, what, task);
    const auto& intent = w.find(pipeline)->repairs.at(repair).intent;
    const auto stored = w.druid.stored_rows(p.datasource);
    for (const RowId id : w.rows_of(pipeline, intent.extents))
      if (std::ranges::binary_search(stored, id, {}, &SegmentRow64::id))
        return fmt::format("{} is {}, but rows of {} are in Druid", repair, what, task);
    return {};
  }

  static Finding check_confirmed(const Witness& w, const std::string& pipeline,
                                 const ledger::RepairConfirmed& confirmed) {
    const Pipeline& p = w.scenario.subjects[w.subject_of(pipeline)].pipeline;
    const auto& intent = w.find(pipeline)->repairs.at(confirmed.repair).intent;
    const auto stored = w.druid.stored_rows(p.datasource);
    for (const RowId id : w.rows_of(pipeline, intent.extents))
      if (!std::ranges::binary_search(stored, id, {}, &SegmentRow64::id))
        return fmt::format("{} is confirmed, but rows of {} are not in Druid", confirmed.repair,
                           confirmed.task_id);
    return {};
  }
};

}  // namespace

std::unique_ptr<Law> unknown_is_not_failed() {
  return std::make_unique<UnknownIsNotFailed>();
}

}  // namespace henge::sim
