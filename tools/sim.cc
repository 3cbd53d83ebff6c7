// henge-sim: runs seeds of the simulated world in as many processes as asked for, and tells which
// laws were broken, each with a shortened log. Exit code 1 if there was any.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/mutants.h"
#include "sim/world.h"
#include "spec/fingerprint.h"

namespace {

using henge::Millis;
using henge::sim::SimOptions;
using henge::sim::SimResult;
using nlohmann::json;

struct Wanted {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  std::int64_t minutes = 60;
  std::optional<std::uint64_t> seed;
  std::string mutant;
  int jobs = 2;
  bool trace = false;
  bool as_json = false;
  bool no_faults = false;
  bool whole = false;
  bool harsh = false;
  std::size_t shortened_max = 3;
};

SimOptions options_of(const Wanted& wanted, std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  options.length = std::chrono::minutes(wanted.minutes);
  options.mutant = wanted.mutant;
  options.faults = !wanted.no_faults;
  options.harsh = wanted.harsh;
  return options;
}

std::string repeat_with(const Wanted& wanted, std::uint64_t seed) {
  std::string command = fmt::format("henge-sim --seed {} --minutes {}", seed, wanted.minutes);
  if (!wanted.mutant.empty()) command += " --mutant " + wanted.mutant;
  if (wanted.no_faults) command += " --no-faults";
  if (wanted.harsh) command += " --harsh";
  return command + " --trace";
}

// The log of the shortest run that breaks the same law: what led to it, and its end.
std::string shortened_log(const Wanted& wanted, const SimResult& failing) {
  SimOptions options = shorten(options_of(wanted, failing.seed), failing);
  options.trace = true;
  const SimResult run = simulate(options);
  std::string text =
      fmt::format("  shortened to {} of {} faults and {} of {} records:\n", run.faults.size(),
                  failing.faults.size(), run.records, failing.records);
  for (const auto& fault : run.faults) text += "    " + to_text(fault) + "\n";
  constexpr std::size_t lines_max = 60;
  std::vector<std::string> news;
  for (const auto& line : run.trace)
    if (line.find(" scanned ") == std::string::npos) news.push_back(line);
  const std::size_t from = news.size() > lines_max ? news.size() - lines_max : 0;
  if (from > 0) text += fmt::format("    ... {} lines before\n", from);
  for (std::size_t i = from; i < news.size(); ++i) text += "    " + news[i] + "\n";
  return text;
}

json to_json(const SimResult& r) {
  json out{{"seed", r.seed},    {"steps", r.steps},     {"records", r.records},
           {"calls", r.calls},  {"events", r.events},   {"lives", r.lives},
           {"seals", r.seals},  {"repairs", r.repairs}, {"faults", r.faults.size()},
           {"digest", r.digest}};
  if (r.violation)
    out["violation"] = {{"law", r.violation->law},
                        {"what", r.violation->what},
                        {"at", henge::humanize(r.violation->at)}};
  return out;
}

// One process's share of the seeds: a line for each as it begins, and one when it is done.
void work(const Wanted& wanted, std::uint64_t from, std::uint64_t step, std::FILE* out) {
  std::size_t shortened = 0;
  for (std::uint64_t seed = from; seed < wanted.first + wanted.seeds; seed += step) {
    auto write_line = [out](const json& line) {
      const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
      std::fwrite(text.data(), 1, text.size(), out);
      std::fflush(out);
    };
    write_line({{"begin", seed}});
    const SimResult result = simulate(options_of(wanted, seed));
    json line = to_json(result);
    if (result.violation && !wanted.whole && shortened++ < wanted.shortened_max)
      line["log"] = shortened_log(wanted, result);
    write_line(line);
  }
}

struct Worker {
  pid_t pid = 0;
  std::FILE* said = nullptr;  // without a name: it goes with the last who has it open
};

class Campaign {
 public:
  explicit Campaign(Wanted wanted) : wanted_(std::move(wanted)) {}

  void run() {
    const auto jobs = static_cast<std::uint64_t>(std::max(wanted_.jobs, 1));
    std::vector<Worker> workers;
    for (std::uint64_t j = 0; j < jobs; ++j) workers.push_back(start(wanted_.first + j, jobs));
    for (Worker& worker : workers) listen(worker, jobs);
  }

  [[nodiscard]] const std::map<std::uint64_t, json>& results() const { return results_; }

 private:
  Worker start(std::uint64_t from, std::uint64_t step) {
    std::FILE* said = std::tmpfile();
    if (said == nullptr) std::exit(3);
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) {
      work(wanted_, from, step, said);
      std::_Exit(0);
    }
    return {pid, said};
  }

  // A process that dies has met a broken promise of the code; the next one goes on behind it.
  void listen(Worker worker, std::uint64_t step) {
    for (;;) {
      int status = 0;
      ::waitpid(worker.pid, &status, 0);
      const auto begun = read(worker.said);
      if (!begun) return;
      results_[*begun] = json{{"seed", *begun},
                              {"violation",
                               {{"law", "the code's own promises"},
                                {"what", fmt::format("the process died, status {}", status)},
                                {"at", ""}}}};
      worker = start(*begun + step, step);
    }
  }

  // The seed that was begun and not finished, if there is one.
  std::optional<std::uint64_t> read(std::FILE* said) {
    std::optional<std::uint64_t> begun;
    std::rewind(said);
    char* line = nullptr;
    std::size_t room = 0;
    while (::getline(&line, &room, said) > 0) {
      json parsed = json::parse(line, nullptr, false);
      if (parsed.contains("begin")) {
        begun = parsed["begin"].get<std::uint64_t>();
        continue;
      }
      begun.reset();
      const auto seed = parsed["seed"].get<std::uint64_t>();
      results_[seed] = std::move(parsed);
    }
    std::free(line);
    std::fclose(said);
    return begun;
  }

  Wanted wanted_;
  std::map<std::uint64_t, json> results_;
};

int show_one(const Wanted& wanted) {
  SimOptions options = options_of(wanted, *wanted.seed);
  options.trace = wanted.trace;
  const SimResult result = simulate(options);
  for (const auto& line : result.trace) fmt::print("{}\n", line);
  fmt::print("{}\n", to_json(result).dump());
  if (result.violation && !wanted.whole) fmt::print("{}", shortened_log(wanted, result));
  return result.violation ? 1 : 0;
}

int show_all(const Wanted& wanted) {
  const auto begun = std::chrono::steady_clock::now();
  Campaign campaign(wanted);
  campaign.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  json sum{{"seeds", campaign.results().size()}, {"minutes", wanted.minutes}};
  json violations = json::array();
  for (const char* what :
       {"steps", "records", "calls", "events", "lives", "seals", "repairs", "faults"}) {
    std::int64_t total = 0;
    for (const auto& [seed, r] : campaign.results()) total += r.value(what, std::int64_t{0});
    sum[what] = total;
  }
  // Of all that the worlds left behind: equal for equal seeds, however they were divided.
  std::string digests;
  for (const auto& [seed, r] : campaign.results())
    digests += fmt::format("{} {}\n", seed, r.value("digest", "died"));
  sum["digest"] = henge::spec::fingerprint(henge::JsonText{digests});
  for (const auto& [seed, r] : campaign.results()) {
    if (!r.contains("violation")) continue;
    violations.push_back({{"seed", seed},
                          {"law", r["violation"]["law"]},
                          {"what", r["violation"]["what"]},
                          {"at", r["violation"]["at"]},
                          {"log", r.value("log", "")}});
  }
  sum["violations"] = violations;
  sum["seconds"] = took.count();
  if (wanted.as_json) {
    fmt::print("{}\n", sum.dump());
    return violations.empty() ? 0 : 1;
  }
  for (const auto& v : violations)
    fmt::print("seed {}: broke \"{}\" at {}: {}\n  again: {}\n{}", v["seed"].get<std::uint64_t>(),
               v["law"].get<std::string>(), v["at"].get<std::string>(),
               v["what"].get<std::string>(), repeat_with(wanted, v["seed"].get<std::uint64_t>()),
               v["log"].get<std::string>());
  fmt::print(
      "{} seeds of {} simulated minutes in {:.1f} s: {} steps, {} records, {} Druid calls, "
      "{} lives of henge, {} seals, {} repairs, {} faults, {} violations\n",
      sum["seeds"].get<std::int64_t>(), wanted.minutes, took.count(),
      sum["steps"].get<std::int64_t>(), sum["records"].get<std::int64_t>(),
      sum["calls"].get<std::int64_t>(), sum["lives"].get<std::int64_t>(),
      sum["seals"].get<std::int64_t>(), sum["repairs"].get<std::int64_t>(),
      sum["faults"].get<std::int64_t>(), violations.size());
  return violations.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Wanted wanted;
  bool list = false;
  CLI::App app("Runs henge in a simulated world and checks its laws.", "henge-sim");
  app.add_option("--seeds", wanted.seeds, "how many seeds");
  app.add_option("--first", wanted.first, "the first of them");
  app.add_option("--minutes", wanted.minutes, "simulated minutes of each")
      ->check(CLI::Range(5, 100000));
  app.add_option("--seed", wanted.seed, "this seed alone");
  app.add_option("--mutant", wanted.mutant, "a bug to put in");
  app.add_option("--jobs", wanted.jobs, "processes at the same time")->check(CLI::Range(1, 64));
  app.add_flag("--trace", wanted.trace, "with --seed: the whole log");
  app.add_flag("--json", wanted.as_json, "the sum as one JSON object");
  app.add_flag("--no-faults", wanted.no_faults, "nothing goes wrong");
  app.add_flag("--harsh", wanted.harsh, "every kind of fault in each seed");
  app.add_flag("--whole", wanted.whole, "don't shorten what fails");
  app.add_flag("--mutants", list, "lists the bugs there are");
  CLI11_PARSE(app, argc, argv);
  if (list) {
    for (const auto& m : henge::sim::all_mutants()) fmt::print("{:<28} {}\n", m.name, m.bug);
    return 0;
  }
  return wanted.seed ? show_one(wanted) : show_all(wanted);
}
