// The commands about offsets, lateness and waiting.
#include "cli/command_line.h"

namespace henge::cli {

void CommandLine::add_offsets() {
  CLI::App* offsets = add(app_, "offsets", help::offsets, "Watch");
  add_pipeline(offsets);
  CLI::App* reset = add(*offsets, "reset", help::offsets_reset, "Commands");
  add_pipeline(reset)->required();
  reset
      ->add_option("--to", words_.to,
                   "earliest, latest, committed, time=..., offsets=...; see below")
      ->check(read_by(offsets::parse_reset_to))
      ->type_name("WHERE")
      ->required();
  reset->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  reset->add_flag("-y,--yes", words_.yes, "Do not ask");
  offsets->callback([this, reset] {
    if (reset->parsed()) {
      command_ = [this] {
        return ResetOffsets{words_.pipeline,
                            offsets::parse_reset_to(words_.to).value_or(offsets::ToCommitted{}),
                            words_.reason, words_.yes ? Confirm::yes : Confirm::ask};
      };
      return;
    }
    if (words_.pipeline.empty()) throw CLI::RequiredError("PIPELINE");
    command_ = [this] { return Offsets{words_.pipeline}; };
  });
}

void CommandLine::add_advice() {
  CLI::App* advise = add(app_, "advise", help::advise, "Watch");
  advise->require_subcommand(1);
  CLI::App* lateness = add(*advise, "lateness", help::advise_lateness, "Commands");
  auto* named = add_pipeline(lateness);
  auto* topic = lateness->add_option("--topic", words_.topic, "A topic of JSON records instead")
                    ->type_name("NAME")
                    ->excludes(named);
  auto* brokers = lateness->add_option("--brokers", words_.brokers, "Of that topic")
                      ->type_name("HOST:PORT")
                      ->needs(topic);
  topic->needs(brokers);
  lateness->add_option("--timestamp", words_.timestamp_column, "Its column with the event's time")
      ->type_name("COLUMN")
      ->needs(topic);
  lateness->add_option("--format", words_.timestamp_format, "Of that column, in Druid's words")
      ->type_name("FORMAT")
      ->needs(topic);
  lateness->add_option("--records", words_.records, "Only so many, the newest; 0 for all")
      ->check(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  lateness->add_option("--svg", words_.svg, "Also draw the histogram into this file")
      ->type_name("FILE");
  lateness->callback([this] {
    if (words_.pipeline.empty() && words_.topic.empty())
      throw CLI::RequiredError("PIPELINE or --topic");
    command_ = [this] {
      return AdviseLateness{
          words_.pipeline,         words_.topic,   words_.brokers,   words_.timestamp_column,
          words_.timestamp_format, words_.records, given(words_.svg)};
    };
  });
}

void CommandLine::add_waiting() {
  CLI::App* wait = add(app_, "wait", help::wait, "Watch");
  add_pipeline(wait)->required();
  wait->add_option("--interval", words_.interval, "Which chunks: START/END, on their borders")
      ->check(read_by(parse_interval))
      ->type_name("INTERVAL")
      ->required();
  choose(wait->add_option("--until", words_.until, "How far; sealed where it is not given"),
         {"closed", "sealed", "loaded", "repaired"});
  wait->add_option("--timeout", words_.timeout, "Give up after this long (PT30M); exit code 124")
      ->check(read_by(parse_period))
      ->type_name("PERIOD");
  wait->callback([this] {
    command_ = [this] {
      Wait wanted{words_.pipeline, parse_interval(words_.interval).value_or(Interval{}),
                  late::parse_until(words_.until).value_or(late::Until::sealed), std::nullopt};
      if (!words_.timeout.empty()) wanted.timeout = parse_period(words_.timeout).value_or(Millis());
      return wanted;
    };
  });
}

}  // namespace henge::cli
