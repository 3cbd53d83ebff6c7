// What a load is asked for with, and what is asked of loads.
#include <limits>

#include "cli/command_line.h"

namespace henge::cli {

Load CommandLine::load() const {
  // A flag that takes many words takes what follows it, too.
  if (words_.pipeline.empty() && words_.sources.size() > 1)
    throw CLI::RequiredError("PIPELINE, before --source,");
  if (words_.pipeline.empty()) throw CLI::RequiredError("PIPELINE");
  if (words_.interval.empty()) throw CLI::RequiredError("--interval");
  if (words_.sources.empty()) throw CLI::RequiredError("--source");
  Load load{load_request(), load_words_.format, load_words_.wait, load_words_.dry_run,
            words_.explain};
  LoadRequest& request = load.request;
  if (!load_words_.as_of.empty())
    request.as_of = parse_instant(load_words_.as_of).value_or(Instant{});
  request.key = load_words_.key;
  request.reason = words_.reason;
  return load;
}

void CommandLine::add_load_flags(CLI::App* load) {
  load->add_option("--interval", words_.interval, "Which chunks: START/END, on their borders")
      ->check(read_by(parse_interval))
      ->type_name("INTERVAL");
  load->add_option("--source", words_.sources,
                   "Files, globs, {chunk} templates, http(s)://, s3://, druid://; - for stdin")
      ->type_name("URI");
  choose(load->add_option("--mode", words_.load_mode, "append where it is not given"),
         {"append", "replace"});
  load->add_option("--as-of", load_words_.as_of,
                   "Replace: the data hold all arrivals up to then; now where it is not given")
      ->check(read_by(parse_instant))
      ->type_name("TIME");
  load->add_option("--key", load_words_.key, "The same key is the same load; by content if none")
      ->type_name("KEY");
  load->add_option("--format", load_words_.format,
                   "Druid's inputFormat as JSON, or a file with it; the stream's if none")
      ->type_name("JSON");
  load->add_option("--deadline", words_.deadline, "When it has to be done")
      ->check(read_by(parse_instant))
      ->type_name("TIME");
  load->add_option("--priority", words_.priority, "Higher goes first; 0 where it is not given")
      ->check(whole_number(std::numeric_limits<std::int64_t>::min()))
      ->type_name("NUMBER");
  load->add_flag("--force-open", words_.force_open, "Append also where streaming may still write");
  load->add_flag("--allow-empty", words_.allow_empty, "Also if the sources hold nothing");
  load->add_flag("--allow-shrink", words_.allow_shrink,
                 "Also if far fewer rows replace what is there");
  load->add_flag("--wait", load_words_.wait, "Until its rows are counted in Druid");
  load->add_flag("--dry-run", load_words_.dry_run, "Read and check everything, load nothing");
  load->add_flag("--explain", words_.explain, "Every reason for the way it takes");
  load->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
}

void CommandLine::add_windows() {
  CLI::App* windows = add(app_, "windows", help::windows, "Act");
  add_pipeline(windows);
  windows->add_flag("--all", words_.all, "Also those that are over");
  windows->callback(
      [this] { command_ = [this] { return ListWindows{given(words_.pipeline), words_.all}; }; });
}

void CommandLine::add_loading() {
  CLI::App* load = add(app_, "load", help::load, "Act");
  add_pipeline(load);
  add_load_flags(load);

  const auto add_one = [&](const char* name, std::string_view what) {
    CLI::App* command = add(*load, name, what, "Commands");
    command->add_option("PIPELINE", words_.pipeline, "Its name")->type_name("")->required();
    command->add_option("LOAD", load_words_.load, "load-12, or 12")->type_name("")->required();
    return command;
  };
  CLI::App* list = add(*load, "list", help::load_list, "Commands");
  list->add_option("PIPELINE", words_.pipeline, "Only of this one")->type_name("");
  list->add_flag("--all", words_.all, "Also those that are over");
  CLI::App* show = add_one("show", help::load_show);
  CLI::App* cancel = add_one("cancel", help::load_cancel);
  cancel->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  CLI::App* retry = add_one("retry", help::load_retry);
  retry->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  CLI::App* withdraw = add(*load, "withdraw", help::load_withdraw, "Commands");
  withdraw->add_option("PIPELINE", words_.pipeline, "Its name")->type_name("")->required();
  withdraw->add_option("NAME", load_words_.load, "Of the load document")->type_name("")->required();
  withdraw->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  for (CLI::App* act : {cancel, retry}) {
    act->add_flag("--wait", load_words_.wait, "Until it is over");
  }

  load->callback([this, list, show, cancel, retry, withdraw] {
    const auto named = [this] { return ShowLoad{words_.pipeline, load_words_.load}; };
    if (list->parsed()) {
      command_ = [this] { return ListLoads{given(words_.pipeline), words_.all}; };
    } else if (show->parsed()) {
      command_ = [named] { return named(); };
    } else if (withdraw->parsed()) {
      command_ = [this] { return WithdrawLoad{words_.pipeline, load_words_.load, words_.reason}; };
    } else if (cancel->parsed() || retry->parsed()) {
      const LoadVerb verb = cancel->parsed() ? LoadVerb::cancel : LoadVerb::retry;
      command_ = [this, named, verb] {
        return ActOnLoad{named(), verb, words_.reason, load_words_.wait};
      };
    } else {
      command_ = [wanted = this->load()] { return wanted; };
    }
  });
}

}  // namespace henge::cli
