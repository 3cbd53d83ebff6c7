// What a load is asked for with: the words of `route`.
#include <limits>

#include "cli/command_line.h"

namespace henge::cli {

LoadRequest CommandLine::load_request() const {
  LoadRequest request;
  request.pipeline = words_.pipeline;
  request.interval = parse_interval(words_.interval).value_or(Interval{});
  request.sources = words_.sources;
  request.mode = words_.load_mode == "replace" ? LoadMode::replace : LoadMode::append;
  if (!words_.deadline.empty())
    request.deadline = parse_instant(words_.deadline).value_or(Instant{});
  request.priority = words_.priority;
  request.force_open = words_.force_open;
  request.allow_empty = words_.allow_empty;
  request.allow_shrink = words_.allow_shrink;
  return request;
}

void CommandLine::add_routing() {
  CLI::App* route = add(app_, "route", help::route, "Act");
  add_pipeline(route)->required();
  route->add_option("--interval", words_.interval, "Which chunks: START/END, on their borders")
      ->check(read_by(parse_interval))
      ->type_name("INTERVAL")
      ->required();
  route
      ->add_option("--source", words_.sources,
                   "Files, globs, {chunk} templates, http(s):// or s3:// addresses")
      ->type_name("URI")
      ->required();
  choose(route->add_option("--mode", words_.load_mode, "append where it is not given"),
         {"append", "replace"});
  route->add_option("--deadline", words_.deadline, "When it has to be done")
      ->check(read_by(parse_instant))
      ->type_name("TIME");
  route->add_option("--priority", words_.priority, "Higher goes first; 0 where it is not given")
      ->check(whole_number(std::numeric_limits<std::int64_t>::min()))
      ->type_name("NUMBER");
  route->add_flag("--force-open", words_.force_open, "Also where streaming may still write");
  route->add_flag("--allow-empty", words_.allow_empty, "Also if the sources hold nothing");
  route->add_flag("--allow-shrink", words_.allow_shrink,
                  "Also if far fewer rows replace what is there");
  route->add_flag("--explain", words_.explain, "Every reason, and not only what is in the way");
  route->callback([this] { command_ = [this] { return Route{load_request(), words_.explain}; }; });
}

}  // namespace henge::cli
