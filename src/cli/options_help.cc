#include "cli/options_help.h"

#include <array>
#include <utility>

namespace henge::cli::help {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> examples{{
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
    {"chunks",
     "Examples:\n"
     "  henge chunks clicks --since PT6H        the last six hours\n"
     "  henge chunks clicks --state uncertain   those whose count does not come out\n\n"},
    {"late",
     "Examples:\n"
     "  henge late clicks                       the first hundred\n"
     "  henge late clicks --state waiting --limit 0\n\n"},
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

}  // namespace henge::cli::help
