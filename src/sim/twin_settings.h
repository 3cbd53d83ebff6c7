// How fast Druid's twin is and what goes wrong in it. Nothing goes wrong unless it is set here or
// asked for by a call.
#pragma once

#include <functional>
#include <string>

#include "model/result.h"
#include "model/time.h"

namespace henge::sim {

// Drawn evenly, both ends included.
struct Span {
  Millis min{};
  Millis max{};
};

// Defaults are what the lab's one small machine showed.
struct TwinTimes {
  Span assign{Millis(50), Millis(500)};        // a task in the queue gets a free slot
  Span start{Millis(1500), Millis(3500)};      // from the slot until a task reads
  Span run{Millis(300), Millis(1500)};         // a batch task reads and indexes
  Span publish{Millis(100), Millis(1000)};     // from the last row read to the transaction
  Span load{Millis(5000), Millis(6000)};       // from the transaction until a historical answers
  Span reader_delay{Millis(0), Millis(0)};     // how long a record waits before a task reads it
  Span first_run{Millis(300), Millis(900)};    // a supervisor's first pass: topic, old tasks
  Millis group_shown = Millis(5000);           // until a new group's task is listed in the status
  Millis handoff_poll = Millis(60'000);        // how often tasks ask whether they may let go
  Millis offsets_first = Millis(20'000);       // a supervisor's first look at the topic's ends
  Millis offsets_period = Millis(30'000);      // the next ones, and readers' positions
  Millis snapshot_period = Millis(60'000);     // how old the Coordinator's list of segments gets
  Millis mark_unused_period = Millis(60'000);  // overshadowed segments become unused
  Millis publish_retries = Millis(600'000);    // a sequence waits that long for its predecessor
};

// Chances are of each task; `next` counts tasks that surely meet it, whatever the chance.
struct Mishap {
  double chance = 0;
  int next = 0;
};

struct TwinFaults {
  Mishap batch_fails_before_publish;
  Mishap batch_fails_after_publish;  // FAILED, no report, and the rows are there
  Mishap stream_fails_reading;       // at some moment within the task's duration
  Mishap stream_fails_publishing;    // after the last row, before the transaction
  Mishap stream_fails_after_publish;
  // The supervisor's constructor refuses the spec after the old one was stopped: POST fails, and
  // none runs until the next POST.
  Mishap supervisor_start_fails;
  Mishap http_rows_fail;           // a batch task can't fetch its http rows, and fails
  bool historicals_load = true;    // false: what is published stays unloaded until it is true again
  bool workers_take_tasks = true;  // false: tasks stay pending
};

struct TwinSettings {
  TwinTimes times;
  int workers = 1;
  int historicals = 1;
  int capacity = 8;                          // slots in all
  bool msq = false;                          // the extension is loaded: SQL runs as tasks
  bool overlord_keeps_failed_ghosts = true;  // a task shut down within 50 ms of its assignment goes
                                             // on being called running by taskStatus
  std::string version = "33.0.0";
  // Fetches what an http or local input source names. Errors: any; the task fails with its text.
  std::function<Result<std::string>(const std::string& url)> fetch;
};

}  // namespace henge::sim
