// A look at the place that the configuration names for deep storage: a folder or an address.
#pragma once

#include "daemon/shell.h"
#include "model/config.h"

namespace henge::daemon {

// Whether a folder is there, can be written, and how much room it has. Blocks.
route::StorageSight look_at_folder(const std::string& path);

// Empty where the configuration names none. Folders are looked at on `pool`'s threads. Of an
// address any answer but a 5xx will do; of a bucket, which is asked for without credentials, any
// but a 5xx and a 404.
ProbeStorage storage_probe(const LoadsConfig& config, runtime::BlockingPool& pool);

}  // namespace henge::daemon
