#include "cli/options_help.h"

#include <array>
#include <utility>

namespace henge::cli::help {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 28> examples{{
    {"validate",
     "Examples:\n"
     "  henge validate clicks.yaml              one file\n"
     "  henge validate pipelines/ -o json       a folder, for a machine\n\n"},
    {"render",
     "Examples:\n"
     "  henge render clicks.yaml                     the supervisor spec\n"
     "  henge render clicks.yaml --as append         what a repair would send\n"
     "  henge render pipelines/ --pipeline clicks    one of many\n\n"},
    {"plan",
     "Examples:\n"
     "  henge plan pipelines/\n"
     "  henge plan clicks.yaml -o json || test $? -eq 2\n\n"},
    {"apply",
     "Examples:\n"
     "  henge apply clicks.yaml\n"
     "  henge apply pipelines/ --yes --reason 'new dimension, ticket 812'\n\n"},
    {"status",
     "Examples:\n"
     "  henge status\n"
     "  henge status clicks -o json\n\n"},
    {"diff",
     "Examples:\n"
     "  henge diff clicks@3 clicks              version 3 and the current declaration\n"
     "  henge diff clicks clicks@live           what somebody changed in Druid\n"
     "  henge diff clicks@4 clicks.yaml         version 4 and a file\n\n"
     "A and B are NAME (as declared now), NAME@VERSION, NAME@live, or a pipeline file.\n"
     "Exit code 0 when they are the same, 2 when not.\n\n"},
    {"history",
     "Examples:\n"
     "  henge history clicks\n"
     "  henge history clicks --limit 5 -o json\n\n"},
    {"rollback",
     "Examples:\n"
     "  henge rollback clicks --to 3 --reason 'version 4 drops the country'\n"
     "  henge rollback clicks --to 3 --yes      in scripts\n\n"
     "Version 3's document becomes a new version; the history only ever grows.\n\n"},
    {"drift",
     "Examples:\n"
     "  henge drift                             of all pipelines; alarms first\n"
     "  henge drift clicks --kind supervisor_edited\n"
     "  henge drift --all -o json               also what policies ignore\n\n"},
    {"explain",
     "Examples:\n"
     "  henge explain clicks                    the pipeline\n"
     "  henge explain clicks/2026-03-01T08:00   one of its chunks\n"
     "  henge explain clicks/repair-12          a repair, all its attempts\n"
     "  henge explain clicks/supervisor_edited  a drift; also clicks/KIND/OBJECT\n"
     "  henge explain henge_clicks_late_c0ffee00_000012_1   a task\n\n"},
    {"offsets",
     "Examples:\n"
     "  henge offsets clicks\n"
     "  henge offsets clicks -o json || test $? -eq 2\n\n"
     "Exit code 2 when a partition is at risk, lost, removed, or of a topic that was made "
     "anew.\n\n"},
    {"reset",
     "Examples:\n"
     "  henge offsets reset clicks --to earliest        read all that is still there again\n"
     "  henge offsets reset clicks --to latest          skip a backlog; repairs bring it in\n"
     "  henge offsets reset clicks --to time=2026-03-01T08:00Z --reason 'ticket 812'\n"
     "  henge offsets reset clicks --to offsets=0:1000,1:1200 --yes\n"
     "  henge offsets reset clicks --to committed       new readers, same place\n\n"
     "A time is a time of arrival. Partitions that offsets= does not name stay where they are.\n"
     "Exit codes: 0 reset, 2 not agreed to, 3 refused by a guard, 4 out of reach.\n\n"},
    {"route",
     "Examples:\n"
     "  henge route clicks --interval 2026-03-01/2026-03-02 --source /data/clicks.json\n"
     "  henge route clicks --interval 2026-03-01/2026-03-02 --mode replace \\\n"
     "    --source '/data/{chunk}.json' --deadline 2026-03-02T06:00Z --explain\n\n"
     "Exit code 3 when a guard refuses it.\n\n"},
    {"lateness",
     "Examples:\n"
     "  henge advise lateness clicks                    the newest million records\n"
     "  henge advise lateness clicks --records 0 --svg lateness.svg\n"
     "  henge advise lateness --topic clicks --brokers kafka:9092 --timestamp ts --format iso\n\n"},
    {"wait",
     "Examples:\n"
     "  henge wait clicks --interval 2026-03-01/2026-03-02\n"
     "  henge wait clicks --interval 2026-03-01T08:00Z/2026-03-01T09:00Z --until repaired "
     "--timeout PT2H\n\n"
     "Exit code 0 when the interval is as far as that, 124 when the time is over.\n\n"},
    {"freeze",
     "Examples:\n"
     "  henge freeze --reason 'Druid upgrade'   everything\n"
     "  henge freeze clicks --reason 'ticket 812'\n\n"
     "Scans and counts go on; repairs, applies, roll-backs and healing wait.\n\n"},
    {"unfreeze",
     "Examples:\n"
     "  henge unfreeze\n"
     "  henge unfreeze clicks --reason 'done'\n\n"},
    {"release",
     "Examples:\n"
     "  henge release clicks --reason 'moved to another cluster'\n"
     "  henge release clicks --terminate --reason 'not needed any more' --yes\n\n"
     "Nothing is ever deleted: segments stay, and the ledger stays readable.\n\n"},
    {"chunks",
     "Examples:\n"
     "  henge chunks clicks --since PT6H        the last six hours\n"
     "  henge chunks clicks --state uncertain   those whose count does not come out\n\n"},
    {"late",
     "Examples:\n"
     "  henge late clicks                       the first hundred\n"
     "  henge late clicks --state waiting --limit 0\n\n"},
    {"load",
     "Examples:\n"
     "  henge load clicks --interval 2026-03-01/2026-03-02 --mode replace --wait \\\n"
     "    --source '/data/clicks/*.json.gz'\n"
     "  henge load clicks --interval 2026-03-01/2026-03-02 "
     "--source '/data/{chunk:%Y/%m/%d/%H}/*.json'\n"
     "  henge load list                         those that are under way\n"
     "  henge load show clicks 12               files, tasks, chunks, counts\n\n"
     "Exit codes: 0 its rows are counted in Druid, 2 accepted and under way, 1 failed, 3 refused\n"
     "by a guard, 4 out of reach. The same load asked for twice is one load.\n\n"},
    {"windows",
     "Examples:\n"
     "  henge windows                           those that are open\n"
     "  henge windows clicks --all -o json      of one pipeline, also those that are over\n\n"},
    {"doctor",
     "Examples:\n"
     "  henge doctor                            Druid and the state folder\n"
     "  henge doctor pipelines/                 also each pipeline's topic\n\n"},
    {"serve",
     "Examples:\n"
     "  henge serve --state-dir /var/lib/henge\n"
     "  HENGE_DRUID_URL=http://druid:8888 henge serve --log-level debug\n\n"
     "Stops cleanly on SIGTERM and SIGINT; may be killed at any moment.\n\n"},
    {"ledger",
     "Examples:\n"
     "  henge ledger verify\n"
     "  henge ledger export > ledger.jsonl\n\n"},
    {"verify",
     "Examples:\n"
     "  henge ledger verify --state-dir /var/lib/henge\n\n"
     "May run beside henge serve. Names the first bad record; exit code 1 when there is one.\n\n"},
    {"export",
     "Examples:\n"
     "  henge ledger export > ledger.jsonl\n"
     "  henge ledger export --from 1000 | jq .kind\n\n"},
    {"completion",
     "Examples:\n"
     "  source <(henge completion bash)\n"
     "  henge completion fish | source\n\n"},
}};

}  // namespace

std::string_view examples_of(std::string_view command) {
  for (const auto& [name, text] : examples) {
    if (name == command) return text;
  }
  return "";
}

std::span<const std::pair<std::string_view, std::string_view>> all_examples() {
  return examples;
}

}  // namespace henge::cli::help
