// The commands that go back, stop and let go: versions of a pipeline, freeze, release.
#include "cli/command_line.h"

namespace henge::cli {

void CommandLine::add_versions() {
  const char* group = "Declare";
  CLI::App* diff = add(app_, "diff", help::diff, group);
  diff->add_option("A", words_.before, "From this")->type_name("")->required();
  diff->add_option("B", words_.after, "To this")->type_name("")->required();
  diff->callback([this] { command_ = [this] { return Diff{words_.before, words_.after}; }; });

  CLI::App* history = add(app_, "history", help::history, group);
  add_pipeline(history)->required();
  history->add_option("--limit", words_.limit, "At most so many lines, the newest; 0 for all")
      ->check(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  history->callback(
      [this] { command_ = [this] { return History{words_.pipeline, words_.limit}; }; });

  CLI::App* rollback = add(app_, "rollback", help::rollback, group);
  add_pipeline(rollback)->required();
  rollback->add_option("--to", words_.version, "The version to go back to")
      ->check(whole_number(1))
      ->type_name("N")
      ->required();
  rollback->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  rollback->add_flag("-y,--yes", words_.yes, "Do not ask");
  rollback->callback([this] {
    command_ = [this] {
      return Rollback{words_.pipeline, words_.version, words_.reason,
                      words_.yes ? Confirm::yes : Confirm::ask};
    };
  });
}

void CommandLine::add_acting() {
  const char* group = "Act";
  CLI::App* freeze = add(app_, "freeze", help::freeze, group);
  add_pipeline(freeze)->description("Only this one; everything where it is not given");
  freeze->add_option("--reason", words_.reason, "Why; shown to everybody")
      ->type_name("TEXT")
      ->required();
  freeze->callback(
      [this] { command_ = [this] { return Freeze{given(words_.pipeline), words_.reason}; }; });

  CLI::App* unfreeze = add(app_, "unfreeze", help::unfreeze, group);
  add_pipeline(unfreeze)->description("Only this one; the freeze of everything where not given");
  unfreeze->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  unfreeze->callback(
      [this] { command_ = [this] { return Unfreeze{given(words_.pipeline), words_.reason}; }; });

  CLI::App* release = add(app_, "release", help::release, group);
  add_pipeline(release)->required();
  release->add_flag("--terminate", words_.terminate,
                    "Terminate its supervisor too; without, it goes on as it is");
  release->add_option("--reason", words_.reason, "Why; kept in the ledger")
      ->type_name("TEXT")
      ->required();
  release->add_flag("-y,--yes", words_.yes, "Do not ask");
  release->callback([this] {
    command_ = [this] {
      return Release{words_.pipeline, words_.terminate ? Fate::terminate : Fate::keep,
                     words_.reason, words_.yes ? Confirm::yes : Confirm::ask};
    };
  });
}

}  // namespace henge::cli
