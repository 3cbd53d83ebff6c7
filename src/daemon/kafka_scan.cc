#include "daemon/wiring.h"
#include "kafka/scanner.h"
#include "runtime/clock.h"

namespace henge::daemon {

ports::OpenTopicScan kafka_scans(const Config& config, spec::SecretSources secrets) {
  auto clock = std::make_shared<runtime::SystemClock>();
  return [config, secrets = std::move(secrets), clock](
             const Pipeline& pipeline, ports::TopicScanStart start,
             ports::TopicScanEvents events) -> Result<std::unique_ptr<ports::TopicScan>> {
    kafka::ScannerOptions options;
    TRY(options.properties, kafka_properties(config, pipeline, secrets));
    // A watermark that moves more often than rounds look at it only fills the ledger.
    options.progress_interval = std::max<Millis>(config.round_interval, std::chrono::seconds(1));
    return kafka::open_scan(pipeline, std::move(start), std::move(events), std::move(options),
                            *clock);
  };
}

}  // namespace henge::daemon
