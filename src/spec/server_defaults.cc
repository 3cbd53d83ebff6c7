#include "spec/server_defaults.h"

#include <array>

namespace henge::spec {
namespace {

struct Default {
  std::string_view path;
  std::string_view value;  // as Druid prints it
};

// Null is Druid's own value for all of these; any other changes which rows are read, or by whom.
constexpr auto harmful = std::to_array<std::string_view>({
    "spec.ioConfig.lateMessageRejectionPeriod",
    "spec.ioConfig.earlyMessageRejectionPeriod",
    "spec.ioConfig.lateMessageRejectionStartDateTime",
    "spec.ioConfig.topicPattern",
    "spec.ioConfig.configOverrides",
    "spec.ioConfig.boundedStreamConfig",
    "spec.dataSchema.transformSpec.filter",
});

// Defaults that hold on every machine. Those that depend on memory or on the cluster are not here:
// they are unknown.
constexpr auto defaults = std::to_array<Default>({
    {"spec.dataSchema.transformSpec.transforms", "[]"},
    {"spec.dataSchema.granularitySpec.intervals", "[]"},
    {"spec.dataSchema.dimensionsSpec.includeAllDimensions", "false"},
    {"spec.dataSchema.dimensionsSpec.useSchemaDiscovery", "false"},
    {"spec.ioConfig.pollTimeout", "100"},
    {"spec.ioConfig.startDelay", "\"PT5S\""},
    {"spec.ioConfig.period", "\"PT30S\""},
    {"spec.ioConfig.emitTimeLagMetrics", "false"},
    {"spec.tuningConfig.maxRowsInMemory", "150000"},
    {"spec.tuningConfig.maxBytesInMemory", "0"},
    {"spec.tuningConfig.skipBytesInMemoryOverheadCheck", "false"},
    {"spec.tuningConfig.maxRowsPerSegment", "5000000"},
    {"spec.tuningConfig.intermediatePersistPeriod", "\"PT10M\""},
    {"spec.tuningConfig.maxPendingPersists", "0"},
    {"spec.tuningConfig.reportParseExceptions", "false"},
    {"spec.tuningConfig.handoffConditionTimeout", "900000"},
    {"spec.tuningConfig.resetOffsetAutomatically", "false"},
    {"spec.tuningConfig.chatRetries", "8"},
    {"spec.tuningConfig.httpTimeout", "\"PT10S\""},
    {"spec.tuningConfig.shutdownTimeout", "\"PT80S\""},
    {"spec.tuningConfig.offsetFetchPeriod", "\"PT30S\""},
    {"spec.tuningConfig.intermediateHandoffPeriod", "\"P2147483647D\""},
    {"spec.tuningConfig.logParseExceptions", "false"},
    {"spec.tuningConfig.maxParseExceptions", "2147483647"},
    {"spec.tuningConfig.maxSavedParseExceptions", "0"},
    {"spec.tuningConfig.numPersistThreads", "1"},
    {"spec.tuningConfig.maxColumnsToMerge", "-1"},
    {"spec.tuningConfig.skipSequenceNumberAvailabilityCheck", "false"},
    {"spec.tuningConfig.repartitionTransitionDuration", "\"PT120S\""},
});

// Null is the default here as well, but another value does no harm: autoscaling, idling.
constexpr auto absent = std::to_array<std::string_view>({
    "spec.ioConfig.autoScalerConfig",
    "spec.ioConfig.idleConfig",
    "spec.ioConfig.stopTaskCount",
    "spec.tuningConfig.maxTotalRows",
    "spec.tuningConfig.segmentWriteOutMediumFactory",
    "spec.tuningConfig.workerThreads",
});

}  // namespace

ServerField server_field(std::string_view path, const Json& value) {
  if (std::ranges::find(harmful, path) != harmful.end()) return ServerField::harmful;
  if (std::ranges::find(absent, path) != absent.end()) return ServerField::not_default;
  const auto* known = std::ranges::find(defaults, path, &Default::path);
  if (known == defaults.end()) return ServerField::unknown;
  return to_text(value).text == known->value ? ServerField::by_default : ServerField::not_default;
}

}  // namespace henge::spec
