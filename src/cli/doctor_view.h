// What `doctor` found: one line a check, what to do where something is wrong.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"

namespace henge::cli {

enum class Health { good, warning, bad };

struct Check {
  std::string subject;  // druid, kafka, pipeline clicks
  std::string name;     // overlord, topic, clock
  Health health = Health::good;
  std::string message;
  std::string advice;  // empty where nothing is to be done
};

std::string show_checks(const std::vector<Check>& checks, const Console& console);
const char* to_string(Health health);

}  // namespace henge::cli
