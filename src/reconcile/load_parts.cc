#include "reconcile/load_parts.h"

#include <fmt/format.h>

namespace henge::reconcile {

std::string too_old_for(const Pipeline& pipeline, const ledger::PipelineState& state, Instant chunk,
                        Instant as_of, Instant now) {
  const auto known = state.chunks.find(chunk);
  if (known == state.chunks.end()) return {};
  const auto& replacement = known->second.replacement;
  if (replacement && as_of < replacement->as_of)
    return fmt::format("chunk {} holds data as of {} by {}; data as of {} are older",
                       to_short_iso(chunk), to_short_iso(replacement->as_of), replacement->load,
                       to_short_iso(as_of));
  if (known->second.repaired_rows > 0 && now - as_of > pipeline.late.retention)
    return fmt::format(
        "late rows of chunk {} that arrived after {} may have been repaired, and are kept for {} "
        "only: they could not be appended again",
        to_short_iso(chunk), to_short_iso(as_of), humanize(pipeline.late.retention));
  return {};
}

std::string overtaken(const Pipeline& pipeline, const ledger::PipelineState& state,
                      const ledger::LoadState& load, Instant now) {
  const LoadRequest& request = load.intent.request;
  if (!request.as_of || reads_itself(load.intent.content, pipeline)) return {};
  for (std::size_t i = 0; i < load.parts.size(); ++i) {
    if (!may_be_sent(load.parts[i])) continue;
    for (const Instant chunk : load.intent.parts[i].chunks)
      if (std::string why = too_old_for(pipeline, state, chunk, *request.as_of, now); !why.empty())
        return why;
  }
  return {};
}

}  // namespace henge::reconcile
