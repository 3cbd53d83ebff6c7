// Druid's consumerProperties are those of the Java client; henge's own consumer is librdkafka. This
// is the way across.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/result.h"

namespace henge::kafka {

struct ClientProperties {
  std::map<std::string, std::string> properties;  // librdkafka's names
  std::vector<std::string> ignored;               // Java properties that mean nothing to a scan
};

// `consumer` are a pipeline's consumerProperties, secrets resolved; `overrides` are the
// configuration's own for henge's clients, in librdkafka's names, and win. Errors: invalid - names
// a property that has no counterpart (a Java key store, a login module other than plain and scram)
// and what to put into the overrides instead. Never names a value.
Result<ClientProperties> client_properties(const std::map<std::string, std::string>& consumer,
                                           const std::map<std::string, std::string>& overrides);

}  // namespace henge::kafka
