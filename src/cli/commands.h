// What each command does. A command computes a value, shows it, and says how the program ends.
#pragma once

#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "model/config.h"
#include "runtime/async.h"
#include "spec/parse.h"

namespace henge::cli {

ExitCode run(const Validate& command, const Config& config, const Console& console);
ExitCode run(const Render& command, const Config& config, const Console& console);
ExitCode run(const Plan& command, const Config& config, const Console& console);
ExitCode run(const Apply& command, const Config& config, const Console& console);
ExitCode run(const Serve& command, const Config& config, const Console& console);
ExitCode run(const Status& command, const Config& config, const Console& console);
ExitCode run(const Chunks& command, const Config& config, const Console& console);
ExitCode run(const Late& command, const Config& config, const Console& console);
ExitCode run(const Doctor& command, const Config& config, const Console& console);
ExitCode run(const LedgerVerify& command, const Config& config, const Console& console);
ExitCode run(const LedgerExport& command, const Config& config, const Console& console);

ExitCode run(const ShowDrift& command, const Config& config, const Console& console);
ExitCode run(const Explain& command, const Config& config, const Console& console);
ExitCode run(const Offsets& command, const Config& config, const Console& console);
ExitCode run(const ResetOffsets& command, const Config& config, const Console& console);
ExitCode run(const Route& command, const Config& config, const Console& console);
ExitCode run(const AdviseLateness& command, const Config& config, const Console& console);
ExitCode run(const Load& command, const Config& config, const Console& console);
ExitCode run(const ListLoads& command, const Config& config, const Console& console);
ExitCode run(const ShowLoad& command, const Config& config, const Console& console);
ExitCode run(const ActOnLoad& command, const Config& config, const Console& console);
ExitCode run(const WithdrawLoad& command, const Config& config, const Console& console);
ExitCode run(const ListWindows& command, const Config& config, const Console& console);
ExitCode run(const Wait& command, const Config& config, const Console& console);
ExitCode run(const History& command, const Config& config, const Console& console);
ExitCode run(const Diff& command, const Config& config, const Console& console);
ExitCode run(const Rollback& command, const Config& config, const Console& console);
ExitCode run(const Freeze& command, const Config& config, const Console& console);
ExitCode run(const Unfreeze& command, const Config& config, const Console& console);
ExitCode run(const Release& command, const Config& config, const Console& console);

// Plans the documents, shows it, asks, and carries it out, as `apply` does.
ExitCode apply_documents(std::vector<spec::ParsedPipeline> documents, const Apply& how,
                         const Config& config, const Console& console);

// Runs a command's work; when it takes longer than two seconds, says on stderr what is being waited
// for.
Result<void> run_with_progress(const Console& console, const std::string& doing,
                               const std::function<runtime::Async<void>()>& work);

// Asks a person, on stderr; without one the answer is no. A no is told, and in JSON the plan is the
// answer then: people saw it before.
bool agreed(std::string_view question, const std::string& plan, const Console& console);

// Shows an error the way every command does, and gives its exit code.
ExitCode report(const Error& error, const Console& console);

// From the arguments to the end of the program.
int main_of(int argc, const char* const* argv);

}  // namespace henge::cli
