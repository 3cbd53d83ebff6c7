// What is asked of a count before anything is concluded from it. For the .cc files of this folder
// only.
#pragma once

#include <string>

#include "reconcile/decide.h"

namespace henge::reconcile {

// All there is of the chunk is published and answers.
bool complete(const late::Reading& reading);
// "120 rows in 3 segments, 2 segments unavailable".
std::string counted_text(const late::Reading& reading);
// Whether an unequal count has had its time to come out.
bool overdue(const late::Settled& settled, const Patience& patience);
// Two equal readings, the first of them after `moment`; null where there are none.
const late::Settled* reading_after(const Observation& seen, const Patience& patience, Instant chunk,
                                   Instant moment);
// Every partition was read past the chunk's end and the lateness.
bool scanned_to_the_end(const Pipeline& pipeline, const ledger::PipelineState& state,
                        int partitions, Instant chunk);
// Druid has answered for long enough that it does not know the task. What it answered before
// `moment`, when it had taken the task, is no sign.
bool vanished(const Observation& seen, const Patience& patience, const std::string& task,
              Instant moment);
// What is intended since `moment` and not known to Druid may have been taken, ended and forgotten
// by now: it is not sent again.
bool may_be_forgotten(const Observation& seen, const Patience& patience, Instant moment);
// How long to wait before the attempt that follows `attempts` others.
Millis backoff(const Patience& patience, std::int64_t attempts);

}  // namespace henge::reconcile
