// What --help says beyond the list of flags.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace henge::cli::help {

inline constexpr std::string_view program =
    "henge keeps the streaming and the batch way into Apache Druid in step: every event is in the\n"
    "datasource exactly once, every time chunk has one owner, and it shows the proof.";

inline constexpr std::string_view footer =
    "Start here:\n"
    "  henge validate pipelines/      is what I wrote right?\n"
    "  henge plan pipelines/          what would change in Druid?\n"
    "  henge apply pipelines/         change it\n"
    "  henge serve                    repair late events, prove the counts, until stopped\n"
    "  henge status                   how is it going?\n"
    "\n"
    "Reading never changes anything; writing shows what it will do and asks.\n"
    "Exit codes: 0 done, 1 error, 2 changes pending, 3 refused by a guard, 4 Druid or Kafka out "
    "of\n"
    "reach, 124 timed out, 130 interrupted.";

inline constexpr std::string_view validate =
    "Check pipeline files: every mistake at once, with its place";
inline constexpr std::string_view render = "Show the Druid spec that follows from a pipeline";
inline constexpr std::string_view plan =
    "Show what apply would change; exit code 2 when there is something";
inline constexpr std::string_view apply = "Make Druid's supervisors what the files say";
inline constexpr std::string_view diff =
    "What differs between two versions, a file, or what Druid holds";
inline constexpr std::string_view history =
    "A pipeline's versions: who, when, why, what became of them";
inline constexpr std::string_view rollback = "Declare an earlier version of a pipeline again";
inline constexpr std::string_view drift =
    "Where Druid is not what it should be; exit code 2 when it drifted";
inline constexpr std::string_view explain = "Why something is as it is: records, in order";
inline constexpr std::string_view offsets = "Each partition's offsets, lag and a verdict";
inline constexpr std::string_view offsets_reset =
    "Have Druid go on reading elsewhere; the counts stay right";
inline constexpr std::string_view route = "Which way a load would take, and why; does nothing";
inline constexpr std::string_view advise = "Read what is there, and advise";
inline constexpr std::string_view advise_lateness =
    "How many records each lateness would make late, and what it costs";
inline constexpr std::string_view wait =
    "Wait until an interval is closed, sealed, loaded or repaired";
inline constexpr std::string_view freeze = "Stop all acting, of one pipeline or of everything";
inline constexpr std::string_view unfreeze = "Let henge act again";
inline constexpr std::string_view release =
    "Stop managing a pipeline; its data and its record stay";
inline constexpr std::string_view load =
    "Load files into a datasource beside its stream, counted, once";
inline constexpr std::string_view load_list = "Loads: how far they are";
inline constexpr std::string_view load_show = "One load: its files, tasks, chunks and counts";
inline constexpr std::string_view load_cancel = "Stop a load; what is in Druid by then stays";
inline constexpr std::string_view load_withdraw =
    "Nothing more is loaded by a document; what it began goes on";
inline constexpr std::string_view load_retry = "Take a failed or cancelled load up again";
inline constexpr std::string_view windows =
    "For which loads streaming stands, until when, and who resumes it";
inline constexpr std::string_view status = "Pipelines: lag, watermark, chunks, late records";
inline constexpr std::string_view chunks = "A pipeline's chunks over time, with counts and proof";
inline constexpr std::string_view late =
    "A pipeline's late records: where, how late, what became of them";
inline constexpr std::string_view doctor =
    "Check what henge depends on: Druid, Kafka, topics, clocks";
inline constexpr std::string_view serve = "Run: scan, close, repair, count, seal - until stopped";
inline constexpr std::string_view ledger = "Look after the ledger's file";
inline constexpr std::string_view ledger_verify = "Check every record of the ledger and its file";
inline constexpr std::string_view ledger_export = "Print the ledger as JSON lines";
inline constexpr std::string_view completion = "Print a completion script for a shell";

// Ends with an empty line; empty for a command without examples.
std::string_view examples_of(std::string_view command);
// All of them, by command.
std::span<const std::pair<std::string_view, std::string_view>> all_examples();

}  // namespace henge::cli::help
