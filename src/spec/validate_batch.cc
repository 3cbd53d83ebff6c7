// Partitions and granularities of batch tasks and compaction.
#include <fmt/format.h>

#include <set>

#include "spec/suggest.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

const std::vector<std::string> partition_types{"dynamic", "hashed", "range", "single_dim"};

std::set<std::string> dimension_names(const Pipeline& pipeline) {
  std::set<std::string> names{"__time"};
  for (const Dimension& dimension : pipeline.schema.dimensions) names.insert(dimension.name);
  return names;
}

void validate_dimension(const View& name, const Pipeline& pipeline, Report& report) {
  const auto text = name.text();
  const std::set<std::string> known = dimension_names(pipeline);
  if (!text || known.contains(*text)) return;
  report.add("partitions_spec", name, fmt::format("{} is not a dimension of this pipeline", *text),
             suggestion(*text, {known.begin(), known.end()}));
}

void validate_partitions(const View& partitions, const Pipeline& pipeline, Report& report) {
  const auto type = partitions["type"].text();
  if (!type) return;
  if (std::ranges::find(partition_types, *type) == partition_types.end()) {
    return report.add("partitions_spec", partitions["type"],
                      fmt::format("unknown partitions type {}", *type),
                      suggestion(*type, partition_types));
  }
  for (const View& name : partitions["partitionDimensions"].items())
    validate_dimension(name, pipeline, report);
  validate_dimension(partitions["partitionDimension"], pipeline, report);
  const bool by_range = *type == "range" || *type == "single_dim";
  if (by_range && !partitions["targetRowsPerSegment"] && !partitions["maxRowsPerSegment"]) {
    report.add("partitions_spec", partitions["targetRowsPerSegment"],
               fmt::format("{} needs targetRowsPerSegment or maxRowsPerSegment", *type),
               "5000000 is usual");
  }
  if (by_range && partitions["targetRowsPerSegment"] && partitions["maxRowsPerSegment"]) {
    report.add("partitions_spec", partitions["maxRowsPerSegment"],
               fmt::format("{} takes targetRowsPerSegment or maxRowsPerSegment, not both", *type),
               "");
  }
  if (*type == "range" && partitions["partitionDimensions"].items().empty()) {
    report.add("partitions_spec", partitions["partitionDimensions"],
               "range needs partitionDimensions", "the dimension that queries filter on most");
  }
  if (*type == "hashed" && partitions["numShards"] && partitions["targetRowsPerSegment"]) {
    report.add("partitions_spec", partitions["numShards"],
               "hashed takes numShards or targetRowsPerSegment, not both", "");
  }
}

void validate_append_partitions(const View& partitions, Report& report) {
  const std::string type = partitions["type"].text_or("dynamic");
  if (type != "hashed" && type != "range" && type != "single_dim") return;
  report.add(
      "partitions_not_dynamic", partitions["type"],
      fmt::format(
          "late records are appended, and Druid appends with dynamic partitions only, not {}",
          type),
      fmt::format("put {} into spec.compaction.partitionsSpec or spec.batch.replacePartitionsSpec",
                  type));
}

void validate_granularity(const View& granularity, const Pipeline& pipeline, Report& report) {
  const auto given = granularity.granularity();
  const Granularity chunk = pipeline.schema.segment_granularity;
  if (!given || *given == chunk) return;
  const std::string what = fmt::format("segmentGranularity {} is not the one of spec.schema, {}",
                                       to_string(*given), to_string(chunk));
  if (nests(*given, chunk)) {
    report.add("append_granularity_coarser", granularity,
               what + ": streaming appends coarser chunks, and Druid refuses its locks",
               "leave it out, or make spec.schema.segmentGranularity as fine");
  } else {
    report.add("replace_granularity_coarser", granularity,
               what + ": henge counts, seals and repairs each chunk for itself",
               "leave it out, or make spec.schema.segmentGranularity as coarse");
  }
}

}  // namespace

void validate_batch(const View& spec, const Pipeline& pipeline, Report& report) {
  const View batch = spec["batch"];
  validate_partitions(batch["partitionsSpec"], pipeline, report);
  validate_append_partitions(batch["partitionsSpec"], report);
  validate_partitions(batch["replacePartitionsSpec"], pipeline, report);
  validate_partitions(spec["compaction"]["partitionsSpec"], pipeline, report);
  validate_granularity(batch["segmentGranularity"], pipeline, report);
  validate_granularity(spec["compaction"]["segmentGranularity"], pipeline, report);
}

}  // namespace henge::spec
