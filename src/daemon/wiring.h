// The only code that names every adapter: from a configuration to running parts.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "druid/client.h"
#include "model/config.h"
#include "ports/topic_scan.h"
#include "ports/topic_watch.h"
#include "runtime/blocking.h"
#include "spec/references.h"

namespace henge::daemon {

// Environment and files of this process.
spec::SecretSources process_secrets();

// Errors: invalid (addresses, TLS files), not_found (a secret's source).
Result<std::unique_ptr<druid::DruidClient>> make_druid(const Config& config,
                                                       const spec::SecretSources& secrets);

// The properties of henge's own consumers of a pipeline, in librdkafka's names: the pipeline's,
// over them those of the configuration, secrets resolved. Errors: not_found (a secret's source),
// invalid (a property without a counterpart in librdkafka).
Result<std::map<std::string, std::string>> kafka_properties(const Config& config,
                                                            const Pipeline& pipeline,
                                                            const spec::SecretSources& secrets);

// Scans topics with librdkafka.
ports::OpenTopicScan kafka_scans(const Config& config, spec::SecretSources secrets);

// Looks at topics and commits consumer groups with librdkafka, on threads of `pool`, which has to
// outlive them. Connections are kept.
struct TopicWatch {
  ports::LookAtTopic look;
  ports::CommitGroup commit;
  ports::ScanStretches scan;
};
TopicWatch kafka_watch(const Config& config, spec::SecretSources secrets,
                       runtime::BlockingPool& pool);

std::string ledger_path(const Config& config);
std::string socket_path(const Config& config);

// Runs one coroutine on an event loop of its own, to its end: for commands. Ctrl-C and SIGTERM
// cancel it. `tick` is called several times a second while it runs.
Result<void> run_to_end(const std::function<runtime::Async<void>()>& work,
                        const std::function<void()>& tick);

// `henge serve`: opens the ledger for writing and works until SIGTERM or SIGINT. `ready` is called
// once, when rounds begin. Errors: refused (another henge writes this ledger), invalid, corrupt,
// exhausted, conflict (an address in use).
Result<void> serve(const Config& config,
                   const std::function<void(const std::string& delta_url)>& ready);

}  // namespace henge::daemon
