#include "spec/render_compaction.h"

#include "spec/data_schema.h"
#include "spec/parity.h"

namespace henge::spec {

Result<JsonText> render_compaction(const Pipeline& pipeline, Interval interval,
                                   const std::string& task_id) {
  TRY_VOID(check_task_id(task_id));
  TRY_VOID(check_aligned(pipeline, interval));
  TRY(Json dimensions, dimensions_spec(pipeline.schema));
  TRY(Json metrics, metrics_spec(pipeline.schema, MetricForm::combining));
  Json granularity = granularity_spec(pipeline.schema);
  granularity.erase("type");  // a compaction's granularitySpec has no type
  TRY(Json tuning, shared_tuning(pipeline));
  tuning["type"] = "index_parallel";
  tuning["maxNumConcurrentSubTasks"] = 1;
  TRY_VOID(add_partitions(tuning, pipeline.compaction_partitions));
  Json context = task_context(pipeline);
  // Automatic compaction, where it runs as well, then sees the result as done.
  context["storeCompactionState"] = true;
  const Json task = {{"type", "compact"},
                     {"id", task_id},
                     {"dataSource", pipeline.datasource},
                     {"ioConfig",
                      {{"type", "compact"},
                       {"inputSpec", {{"type", "interval"}, {"interval", to_iso(interval)}}}}},
                     {"granularitySpec", std::move(granularity)},
                     {"dimensionsSpec", std::move(dimensions)},
                     {"metricsSpec", std::move(metrics)},
                     {"tuningConfig", std::move(tuning)},
                     {"context", std::move(context)}};
  const JsonText text = to_text(task);
  TRY_VOID(check_parity(pipeline, Mode::compaction, text));
  return text;
}

}  // namespace henge::spec
