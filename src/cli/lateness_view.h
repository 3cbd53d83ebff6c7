// What `advise lateness` shows: how late events are, and what each lateness would cost. JSON is a
// contract.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "model/granularity.h"
#include "offsets/delays.h"

namespace henge::cli {

struct LatenessView {
  std::string pipeline;  // empty: a topic that no pipeline names
  std::string topic;
  std::int64_t records = 0;
  std::int64_t rows = 0;
  std::int64_t unparseable = 0;
  Granularity chunk = Granularity::hour;
  std::optional<Millis> lateness;  // as declared
  std::vector<std::pair<double, Millis>> quantiles;
  Millis largest{};
  std::vector<offsets::Cutoff> cutoffs;
  std::vector<offsets::Bar> histogram;
  Millis for_one_in_thousand{};  // the least usual lateness with which 0.1 % or less are late
};

LatenessView lateness_view(const offsets::Delays& delays, Granularity chunk);
std::string show_lateness(const LatenessView& view, const Console& console);
// A picture of the histogram, as an SVG document.
std::string lateness_svg(const LatenessView& view);

}  // namespace henge::cli
