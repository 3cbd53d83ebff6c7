// The stored form of every kind of event: it means the same when it is read back, its bytes are a
// promise, and what is not whole is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "ledger/event.h"

namespace henge::ledger {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Stored {
  Body body;
  const char* kind;
  const char* json;
};

const Instant hour = instant_of_ms(3'600'000);

ScanAdvanced a_scan() {
  ScanAdvanced e;
  scan::PartitionProgress p;
  p.partition = 3;
  p.from = 10;
  p.to = 20;
  p.records = 9;
  p.unparseable = 1;
  p.null_values = 2;
  p.without_timestamp = 4;
  p.lost = 5;
  p.arrival_max = instant_of_ms(77);
  p.arrival_floor = instant_of_ms(78);
  e.batch.partitions = {p};
  e.batch.chunks[hour][3] = {6, 2, 1, 0, 19};
  scan::Extent x;
  x.file = "delta-000001.log";
  x.offset = 16;
  x.bytes = 100;
  x.rows = 2;
  x.payload_bytes = 80;
  x.kind = scan::DeltaKind::late;
  x.chunk = hour;
  x.arrival_first = instant_of_ms(70);
  x.checksum = "0123456789abcdef";
  e.batch.extents = {x};
  return e;
}

RepairIntended an_intent() {
  return {"repair-000001",
          1,
          2,
          "task_2",
          {{hour, 2, 6}},
          a_scan().batch.extents,
          2,
          Delivery::http,
          "http://h:1",
          instant_of_ms(99)};
}

ScanAdvanced with_witness() {
  ScanAdvanced e;
  scan::PartitionProgress p;
  p.partition = 1;
  p.to = 42;
  p.records = 1;
  p.witness = Witness{41, instant_of_ms(77), "0123456789abcdef"};
  e.batch.partitions = {p};
  return e;
}

#define EXTENT                                                                               \
  R"({"arrival_first":70,"bytes":100,"checksum":"0123456789abcdef","chunk":3600000,"file":)" \
  R"("delta-000001.log","kind":"late","offset":16,"payload_bytes":80,"rows":2})"

// What a ledger that was written today holds. A line here is never edited: old ledgers stay
// readable.
TEST(EventJsonForm, IsThePromisedOne) {
  const Stored all[] = {
      {SupervisorPosted{2, "created"}, "supervisor_posted", R"({"action":"created","version":2})"},
      {a_scan(), "scan_advanced",
       R"({"chunks":[{"chunk":3600000,"counts":{"3":[6,2,1,0,19]}}],"extents":[)" EXTENT
       R"(],"partitions":[{"arrival_floor":78,"arrival_max":77,"from":10,"lost":5,"null_values":2,)"
       R"("partition":3,"records":9,"to":20,"unparseable":1,"without_timestamp":4}]})"},
      {ChunkClosed{hour, "committed_offsets"}, "chunk_closed",
       R"({"chunk":3600000,"evidence":"committed_offsets"})"},
      {ChunkUncertain{hour, 9, 8, "one is missing"}, "chunk_uncertain",
       R"({"actual":8,"chunk":3600000,"expected":9,"reason":"one is missing"})"},
      {an_intent(), "repair_intended",
       R"({"attempt":2,"base_url":"http://h:1","chunks":[{"baseline":6,"chunk":3600000,"rows":2}],)"
       R"("delivery":"http","expires_at":99,"extents":[)" EXTENT
       R"(],"number":1,"repair":"repair-000001","rows":2,"task_id":"task_2"})"},
      {RepairAccepted{"r", "t", true}, "repair_accepted",
       R"({"adopted":true,"repair":"r","task_id":"t"})"},
      {RepairTaskEnded{"r", "t", TaskEnd::vanished, "gone"}, "repair_task_ended",
       R"({"end":"vanished","error":"gone","repair":"r","task_id":"t"})"},
      {RepairConfirmed{"r", "t", {{hour, 3, 4}}}, "repair_confirmed",
       R"({"chunks":[{"baseline":4,"chunk":3600000,"rows":3}],"repair":"r","task_id":"t"})"},
      {RepairAbsent{"r", "t", "e"}, "repair_absent", R"({"error":"e","repair":"r","task_id":"t"})"},
      {DeltaExpired{{"a", "b"}}, "delta_expired", R"({"files":["a","b"]})"},
      {with_witness(), "scan_advanced",
       R"({"chunks":[],"extents":[],"partitions":[{"arrival_floor":0,"arrival_max":0,"from":0,)"
       R"("lost":0,"null_values":0,"partition":1,"records":1,"to":42,"unparseable":0,)"
       R"("without_timestamp":0,"witness":{"arrival":77,"hash":"0123456789abcdef",)"
       R"("offset":41}}]})"},
      {ResetIntended{3, "latest", {{0, 9}}, {{0, 5}}, true, false, "why", "me"}, "reset_intended",
       R"({"anew":false,"before":{"0":5},"by":"me","number":3,"reason":"why","resume":true,)"
       R"("targets":{"0":9},"to":"latest"})"},
      {ResetQuiesced{3, {{0, 6}, {12, 7}}}, "reset_quiesced",
       R"({"committed":{"0":6,"12":7},"number":3})"},
      {ResetMeasured{3, {{hour, {{0, 2}}, {{1, 4}}, true}}, a_scan().batch.extents, 8},
       "reset_measured",
       R"({"chunks":[{"again":{"1":4},"chunk":3600000,"rebuilt":true,"skipped":{"0":2}}],)"
       R"("extents":[)" EXTENT R"(],"lost":8,"number":3})"},
      {OffsetsReset{3}, "offsets_reset", R"({"number":3})"},
      {ResetEnded{3, "gone"}, "reset_ended", R"({"error":"gone","number":3})"},
      {LoadDeclared{"nightly", "doc", hour, "me", "why"}, "load_declared",
       R"({"by":"me","document":"doc","name":"nightly","reason":"why","since":3600000})"},
      {LoadWithdrawn{"nightly", "me", "why"}, "load_withdrawn",
       R"({"by":"me","name":"nightly","reason":"why"})"},
      {LoadRefused{"nightly", "nightly@x", "refused", "e"}, "load_refused",
       R"({"error":"e","key":"nightly@x","kind":"refused","name":"nightly"})"},
      {WindowOpened{2, "load-000001", "why", hour, false}, "window_opened",
       R"({"deadline":3600000,"load":"load-000001","number":2,"reason":"why","resume":false})"},
      {WindowSuspended{2}, "window_suspended", R"({"first":2})"},
      {WindowQuiesced{2}, "window_quiesced", R"({"first":2})"},
      {WindowBroken{2}, "window_broken", R"({"first":2})"},
      {WindowClosed{2, "counted"}, "window_closed", R"({"number":2,"outcome":"counted"})"},
      {WindowResumed{2, "resumed"}, "window_resumed", R"({"first":2,"how":"resumed"})"},
  };
  for (const auto& c : all) {
    EXPECT_EQ(kind_of(c.body), c.kind);
    EXPECT_EQ(to_json(c.body), c.json) << c.kind;
    auto back = from_json(c.kind, c.json);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, c.body) << c.kind;
  }
}

TEST(EventJsonForm, OfAnOlderWriterIsFilledUp) {
  auto scanned = json::parse(to_json(a_scan()));
  scanned["partitions"][0].erase("lost");
  ScanAdvanced expected = a_scan();
  expected.batch.partitions[0].lost = 0;
  EXPECT_EQ(from_json("scan_advanced", scanned.dump()), Body(expected));
  EXPECT_EQ(
      from_json("pipeline_declared",
                R"({"version":1,"document":"d","fingerprint":"f","reason":"","incarnation":"i"})"),
      Body(PipelineDeclared{1, "d", "f", "", "i"}));
  EXPECT_EQ(from_json("chunk_sealed", R"({"chunk":0,"rows":1,"segments":1,"proof":"counted"})"),
            Body(ChunkSealed{Instant{}, 1, 1, "counted"}));
}

TEST(EventJsonForm, OfANewerWriterIsReadAsFarAsItIsKnown) {
  EXPECT_EQ(from_json("supervisor_posted", R"({"action":"created","version":2,"more":[1]})"),
            Body(SupervisorPosted{2, "created"}));
}

TEST(EventJsonForm, KeepsBytesThatAreNoTextReadable) {
  const std::string json_text = to_json(RepairAbsent{"r", "t", "caf\xE9 \xFF"});
  auto back = from_json("repair_absent", json_text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(std::get<RepairAbsent>(*back).error, "caf\xEF\xBF\xBD \xEF\xBF\xBD");
}

TEST(EventJsonForm, RefusesWhatIsNotWhole) {
  struct Case {
    const char* kind;
    const char* text;
    const char* why;
  };
  const Case cases[] = {
      {"no_such_kind", "{}", "no such kind"},
      {"", "{}", "no such kind"},
      {"ChunkClosed", "{}", "no such kind"},
      {"chunk_closed", "", "parse error"},
      {"chunk_closed", "{", "parse error"},
      {"chunk_closed", "{} {}", "parse error"},
      {"chunk_closed", "[]", "chunk"},
      {"chunk_closed", "null", "chunk"},
      {"chunk_closed", R"({"evidence":"x"})", "chunk"},
      {"chunk_closed", R"({"chunk":"1970-01-01","evidence":"x"})", "number"},
      {"chunk_closed", R"({"chunk":0,"evidence":7})", "string"},
      {"chunk_closed", R"({"chunk":null,"evidence":"x"})", "number"},
      {"repair_task_ended", R"({"repair":"r","task_id":"t","end":"maybe","error":""})",
       "end has no value 'maybe'"},
      {"repair_task_ended", R"({"repair":"r","task_id":"t","end":1,"error":""})", "string"},
      {"repair_accepted", R"({"repair":"r","task_id":"t","adopted":"yes"})", "boolean"},
      {"delta_expired", R"({"files":"a"})", "array"},
      {"delta_expired", R"({"files":[1]})", "string"},
      {"scan_advanced",
       R"({"partitions":[],"extents":[],"chunks":[{"chunk":0,"counts":{"0":[1,2,3]}}]})", "index"},
      {"scan_advanced",
       R"({"partitions":[],"extents":[],"chunks":[{"chunk":0,"counts":{"x":[1,2,3,4,5]}}]})",
       "stoi"},
      {"scan_advanced",
       R"({"partitions":[],"extents":[],"chunks":[{"chunk":0,"counts":)"
       R"({"99999999999":[1,2,3,4,5]}}]})",
       "stoi"},
      {"scan_advanced", R"({"partitions":[{}],"extents":[],"chunks":[]})", "partition"},
  };
  for (const auto& c : cases) {
    auto refused = from_json(c.kind, c.text);
    ASSERT_FALSE(refused) << c.kind << " " << c.text;
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(refused.error().message, HasSubstr("event of kind '" + std::string(c.kind) + "'"));
    EXPECT_THAT(refused.error().message, HasSubstr(c.why)) << c.text;
  }
}

std::string any_text() {
  const auto pieces =
      *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
          "a", "repair-000001", "\"", "\\", "\n", "\r\n", "\t", "{", "}", ": ", "é", "\xE2\x80\xA8",
          "\xF0\x9F\xAA\xA8", "\x01", "\x7F", "/", std::string(1, '\0'), "${env:SECRET}", " "}));
  std::string text;
  for (const auto& piece : pieces) text += piece;
  return text;
}
std::int64_t any_number() {
  return *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::element(INT64_MIN, INT64_MAX),
                         rc::gen::inRange<std::int64_t>(-1, 3));
}
Instant any_instant() {
  return instant_of_ms(any_number());
}
std::vector<RepairChunk> any_chunks() {
  std::vector<RepairChunk> out(static_cast<std::size_t>(*rc::gen::inRange(0, 4)));
  for (auto& c : out) c = {any_instant(), any_number(), any_number()};
  return out;
}
std::vector<scan::Extent> any_extents() {
  using scan::DeltaKind;
  std::vector<scan::Extent> out(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
  for (auto& x : out)
    x = {
        any_text(),    any_number(),
        any_number(),  any_number(),
        any_number(),  *rc::gen::element(DeltaKind::late, DeltaKind::early, DeltaKind::unparseable),
        any_instant(), any_instant(),
        any_text()};
  return out;
}

// Fills an event with anything. A kind that is not named here is tried with its defaults.
template <typename Event>
void fill(Event&) {}
void fill(PipelineDeclared& e) {
  e = {any_number(), any_text(), any_text(), any_text(), any_text(), any_text()};
}
void fill(SupervisorPosted& e) {
  e = {any_number(), any_text()};
}
void fill(SupervisorProven& e) {
  e.version = any_number();
}
void fill(SupervisorRolledBack& e) {
  e = {any_number(), any_number(), any_text()};
}
void fill(PipelineReleased& e) {
  e = {any_text(), any_text(), any_text()};
}
void fill(ScanAdvanced& e) {
  e.batch.partitions.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
  for (auto& p : e.batch.partitions)
    p = {*rc::gen::arbitrary<std::int32_t>(),
         any_number(),
         any_number(),
         any_number(),
         any_number(),
         any_number(),
         any_number(),
         any_number(),
         any_instant(),
         any_instant(),
         *rc::gen::arbitrary<bool>()
             ? std::optional(Witness{any_number(), any_instant(), any_text()})
             : std::nullopt};
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    e.batch.chunks[any_instant()][*rc::gen::arbitrary<std::int32_t>()] = {
        any_number(), any_number(), any_number(), any_number(), any_number()};
  e.batch.extents = any_extents();
}
void fill(ChunkClosed& e) {
  e = {any_instant(), any_text()};
}
void fill(ChunkSealed& e) {
  e = {any_instant(), any_number(), any_number(), any_text(), any_text()};
}
void fill(ChunkUncertain& e) {
  e = {any_instant(), any_number(), any_number(), any_text()};
}
void fill(RepairIntended& e) {
  e = {any_text(),   any_number(),
       any_number(), any_text(),
       any_chunks(), any_extents(),
       any_number(), *rc::gen::element(Delivery::inline_rows, Delivery::http),
       any_text(),   any_instant()};
}
void fill(RepairAccepted& e) {
  e = {any_text(), any_text(), *rc::gen::arbitrary<bool>()};
}
void fill(RepairTaskEnded& e) {
  e = {any_text(), any_text(),
       *rc::gen::element(TaskEnd::success, TaskEnd::failed, TaskEnd::vanished, TaskEnd::refused),
       any_text()};
}
void fill(RepairConfirmed& e) {
  e = {any_text(), any_text(), any_chunks()};
}
void fill(RepairAbsent& e) {
  e = {any_text(), any_text(), any_text()};
}
void fill(DeltaExpired& e) {
  e.files.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
  for (auto& file : e.files) file = any_text();
}
void fill(DriftFound& e) {
  e.drift.kind = *rc::gen::elementOf(all_drift_kinds());
  e.drift.object = any_text();
  e.drift.evidence = any_text();
  e.drift.value = any_text();
  e.drift.action = any_text();
  e.drift.restarts_tasks = *rc::gen::arbitrary<bool>();
  e.drift.rows = any_number();
  e.drift.expected = any_number();
  e.drift.segments = any_number();
  e.relapses = any_number();
}
void fill(HealIntended& e) {
  e = {*rc::gen::elementOf(all_drift_kinds()), any_text(), any_text(), any_number()};
}
void fill(DriftAdopted& e) {
  e = {*rc::gen::elementOf(all_drift_kinds()), any_text(), any_text(), any_number()};
}
std::vector<Instant> any_instants() {
  std::vector<Instant> out(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
  for (auto& t : out) t = any_instant();
  return out;
}
std::vector<std::string> any_texts() {
  std::vector<std::string> out(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
  for (auto& text : out) text = any_text();
  return out;
}
std::optional<Instant> maybe_instant() {
  return *rc::gen::arbitrary<bool>() ? std::optional(any_instant()) : std::nullopt;
}
LoadRequest any_request() {
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  return {any_text(),      {any_instant(), any_instant()},
          any_texts(),     any_text(),
          {any_text()},    *rc::gen::element(LoadMode::append, LoadMode::replace),
          maybe_instant(), any_text(),
          maybe_instant(), any_number(),
          flag(),          flag(),
          flag(),          any_text(),
          any_text()};
}
void fill(LoadRequested& e) {
  e = {any_text(), any_number(), any_text(), any_text(), any_request(), {}, {}};
  e.content.input = *rc::gen::element(LoadInput::local, LoadInput::http, LoadInput::s3,
                                      LoadInput::druid, LoadInput::inlined);
  e.content.files = {{any_text(), any_number(), any_text(), any_number(), any_instants()}};
  e.content.chunks = {{any_instant(), any_number()}};
  e.content.rows = {any_number(), any_number(), any_number(), any_number()};
  e.content.proof = *rc::gen::element(Proof::counted, Proof::reported);
  e.content.notes = any_texts();
  e.parts = {{any_instants(), {any_number()}, any_number()}};
}
void fill(LoadRouted& e) {
  e = {any_text(), any_text(), any_text(), any_texts()};
  e.engine = any_text();
  e.sub_tasks = any_number();
  e.parts = {{Millis(any_number()), any_instant()}, {Millis(any_number()), std::nullopt}};
  e.finish = any_instant();
  e.in_time = *rc::gen::element(true, false);
  e.notes = any_texts();
}
void fill(LoadTaskIntended& e) {
  e = {any_text(), any_number(), any_number(), any_text(), {}};
  e.targets = {{any_instant(), any_number(), any_number(), any_text(), any_number(), any_extents(),
                any_extents(), any_extents()}};
}
void fill(LoadTaskEnded& e) {
  e = {any_text(), any_text(), *rc::gen::element(TaskEnd::success, TaskEnd::failed), any_text(),
       any_number()};
}
void fill(LoadTaskCounted& e) {
  e = {any_text(), any_text(), {{any_instant(), any_number()}}};
}
void fill(LoadEnded& e) {
  e = {any_text(), *rc::gen::element(LoadEnd::counted, LoadEnd::failed, LoadEnd::cancelled),
       any_text()};
}
PartitionOffsets any_offsets() {
  PartitionOffsets out;
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
    out[*rc::gen::arbitrary<std::int32_t>()] = any_number();
  return out;
}
void fill(ResetIntended& e) {
  e = {any_number(),
       any_text(),
       any_offsets(),
       any_offsets(),
       *rc::gen::arbitrary<bool>(),
       *rc::gen::arbitrary<bool>(),
       any_text(),
       any_text()};
}
void fill(ResetQuiesced& e) {
  e = {any_number(), any_offsets()};
}
void fill(ResetMeasured& e) {
  e = {any_number(), {}, any_extents(), any_number()};
  e.chunks = {{any_instant(), any_offsets(), any_offsets(), *rc::gen::arbitrary<bool>()}};
}
void fill(ResetEnded& e) {
  e = {any_number(), any_text()};
}
void fill(WindowOpened& e) {
  e = {any_number(), any_text(), any_text(), any_instant(), *rc::gen::arbitrary<bool>()};
}
void fill(WindowClosed& e) {
  e = {any_number(), any_text()};
}
void fill(WindowResumed& e) {
  e = {any_number(), any_text()};
}
void fill(Frozen& e) {
  e = {any_text(), any_text()};
}

template <std::size_t... Index>
Body body_of_kind(std::size_t kind, std::index_sequence<Index...>) {
  Body body;
  static_cast<void>(((Index == kind ? (body.emplace<Index>(), true) : false) || ...));
  return body;
}
constexpr std::size_t kinds = std::variant_size_v<Body>;

Body any_body() {
  Body body =
      body_of_kind(*rc::gen::inRange<std::size_t>(0, kinds), std::make_index_sequence<kinds>());
  std::visit([](auto& e) { fill(e); }, body);
  return body;
}

RC_GTEST_PROP(EventJsonLaw, means_the_same_when_read_back, ()) {
  const Body body = any_body();
  const std::string text = to_json(body);
  const auto back = from_json(kind_of(body), text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == body);
  RC_ASSERT(to_json(*back) == text);
  RC_ASSERT(text.find('\n') == std::string::npos);
}

RC_GTEST_PROP(EventJsonLaw, no_field_can_be_lost_but_those_that_were_added_later, ()) {
  static const std::set<std::string> added_later{"by", "digest", "engine"};
  const Body body = any_body();
  const json whole = json::parse(to_json(body));
  for (const auto& [field, value] : whole.items()) {
    json less = whole;
    less.erase(field);
    const auto read = from_json(kind_of(body), less.dump());
    if (read) RC_ASSERT(added_later.contains(field));
    if (!read) RC_ASSERT(read.error().kind == ErrorKind::corrupt);
    json wrong = whole;
    wrong[field] = value.is_object() ? json("text") : json::object({{"a", 1}});
    RC_ASSERT(!from_json(kind_of(body), wrong.dump()));
  }
}

RC_GTEST_PROP(EventJsonLaw, any_text_is_read_or_refused_but_never_thrown_over, ()) {
  const Body body = any_body();
  std::string text = to_json(body);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  if (*rc::gen::arbitrary<bool>())
    text.resize(at);
  else
    text[at] = *rc::gen::arbitrary<char>();
  const auto read = from_json(kind_of(body), text);
  if (!read) RC_ASSERT(read.error().kind == ErrorKind::corrupt);
}

TEST(EventKind, EachHasANameOfItsOwn) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kinds; ++i)
    names.insert(kind_of(body_of_kind(i, std::make_index_sequence<kinds>())));
  EXPECT_EQ(names.size(), kinds);
  for (const auto& name : names)
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
}

}  // namespace
}  // namespace henge::ledger
