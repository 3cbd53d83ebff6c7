// Laws of this folder over values that nobody chose: canonical text, parity leaf by leaf, the diff
// leaf by leaf, places of mistakes, the promise.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "spec/canonical_json.h"
#include "spec/fingerprint.h"
#include "spec/json_tree.h"
#include "spec/parse.h"
#include "spec/promise.h"
#include "spec/references.h"
#include "spec/render.h"
#include "spec/render_samples_test.h"
#include "spec/render_supervisor.h"
#include "spec/supervisor_diff.h"

namespace henge::spec {
namespace {

Json any_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  if (kind == 0) return nullptr;
  if (kind == 1) return *rc::gen::arbitrary<bool>();
  if (kind == 2) return *rc::gen::arbitrary<std::int64_t>();
  if (kind == 3) return *rc::gen::arbitrary<std::int32_t>() / 32.0;
  if (kind == 4)
    return *rc::gen::container<std::string>(rc::gen::element('a', '"', '\\', '\n', '\x01', '/'));
  Json value = kind == 5 ? Json::array() : Json::object();
  const int size = *rc::gen::inRange(0, 4);
  for (int i = 0; i < size; ++i) {
    if (kind == 5) {
      value.push_back(any_json(depth - 1));
    } else {
      value[std::string(1, static_cast<char>('d' - i))] = any_json(depth - 1);
    }
  }
  return value;
}

RC_GTEST_PROP(CanonicalLaw, one_text_for_one_value, (bool pretty_print, bool ascii)) {
  const Json value = any_json(4);
  const auto text = canonical(value.dump(pretty_print ? 3 : -1, ' ', ascii));
  RC_ASSERT(text.has_value());
  RC_ASSERT(canonical(text->text)->text == text->text);
  RC_ASSERT(Json::parse(text->text) == value);
  RC_ASSERT(canonical(pretty(*text))->text == text->text);
}

RC_GTEST_PROP(CanonicalLaw, other_values_have_other_texts, ()) {
  const Json a = any_json(3);
  const Json b = any_json(3);
  const bool same_text = canonical(a.dump())->text == canonical(b.dump())->text;
  // 1 and 1.0 are equal numbers, and not the same value to Druid.
  if (same_text) RC_ASSERT(a == b);
  if (a != b) RC_ASSERT(!same_text);
}

RC_GTEST_PROP(CanonicalLaw, any_bytes_are_read_or_refused, (const std::string& bytes)) {
  const auto text = canonical(bytes);
  if (text) RC_ASSERT(Json::accept(text->text));
  if (!text) RC_ASSERT(text.error().kind == ErrorKind::invalid);
}

// All places in a tree that hold a plain value.
void collect_leaves(const Json& value, const std::string& pointer, std::vector<std::string>& all) {
  if (!value.is_structured()) return all.push_back(pointer);
  for (const auto& [key, inner] : value.items()) collect_leaves(inner, pointer + "/" + key, all);
}
std::vector<std::string> leaves_below(const Json& root, const std::string& pointer) {
  std::vector<std::string> all;
  if (root.contains(Json::json_pointer(pointer)))
    collect_leaves(root[Json::json_pointer(pointer)], pointer, all);
  return all;
}

Json other_value(const Json& value) {
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>() + 1;
  if (value.is_number()) return value.get<double>() + 1;
  if (value.is_string()) return value.get<std::string>() + "x";
  return "x";
}

TEST(ParityLaw, no_leaf_of_what_decides_rows_may_be_another) {
  for (const Pipeline& pipeline : {samples::clicks(), samples::orders(), samples::sensors()}) {
    for (const Mode mode :
         {Mode::supervisor, Mode::append, Mode::replace, Mode::reindex, Mode::compaction}) {
      const auto rendered = render(pipeline, mode);
      ASSERT_TRUE(rendered) << rendered.error().message;
      const Json spec = *parse_json(*rendered);
      const std::string root = mode == Mode::compaction ? "" : "/spec/dataSchema";
      int changed = 0;
      for (const char* part : {"/timestampSpec", "/dimensionsSpec", "/metricsSpec",
                               "/granularitySpec", "/transformSpec"}) {
        for (const std::string& leaf : leaves_below(spec, root + part)) {
          // Batch tasks name the intervals that they write, and each its own.
          if (mode != Mode::supervisor && leaf.find("/intervals/") != std::string::npos) continue;
          Json damaged = spec;
          Json& value = damaged[Json::json_pointer(leaf)];
          value = other_value(value);
          EXPECT_FALSE(check_parity(pipeline, mode, to_text(damaged)))
              << pipeline.name << " " << to_string(mode) << " " << leaf;
          ++changed;
        }
      }
      EXPECT_GT(changed, 3) << to_string(mode);
    }
  }
}

TEST(DiffLaw, no_leaf_of_the_posted_spec_may_be_another) {
  for (const Pipeline& pipeline : {samples::clicks(), samples::orders(), samples::sensors()}) {
    const JsonText desired = *render_supervisor(pipeline);
    const Json spec = *parse_json(desired);
    EXPECT_EQ(diff_supervisor(desired, desired)->action, SupervisorAction::none);
    for (const std::string& leaf : leaves_below(spec, "/spec")) {
      // The datasource is the supervisor's own name: another one is another supervisor. A secret is
      // compared by its presence.
      if (leaf == "/spec/dataSchema/dataSource") continue;
      Json live = spec;
      Json& value = live[Json::json_pointer(leaf)];
      const bool is_secret = value.is_string() && has_reference(value.get<std::string>());
      value = other_value(value);
      const auto result = diff_supervisor(desired, to_text(live));
      ASSERT_TRUE(result) << leaf;
      EXPECT_EQ(result->action == SupervisorAction::none, is_secret) << pipeline.name << leaf;
      if (!is_secret) EXPECT_FALSE(result->changes.empty()) << leaf;
    }
  }
}

TEST(DiffLaw, the_order_of_lists_is_a_change_and_the_order_of_keys_is_none) {
  const Pipeline pipeline = samples::orders();
  const JsonText desired = *render_supervisor(pipeline);
  const Json spec = *parse_json(desired);
  for (const char* list :
       {"/spec/dataSchema/dimensionsSpec/dimensions", "/spec/dataSchema/transformSpec/transforms",
        "/spec/dataSchema/transformSpec/filter/fields"}) {
    Json live = spec;
    Json& items = live[Json::json_pointer(list)];
    if (!items.is_array() || items.size() < 2) continue;
    std::reverse(items.begin(), items.end());
    EXPECT_EQ(diff_supervisor(desired, to_text(live))->action, SupervisorAction::update_restart)
        << list;
  }
  const JsonText spaced{pretty(desired)};
  EXPECT_EQ(diff_supervisor(desired, spaced)->action, SupervisorAction::none);
}

TEST(RenderLaw, equal_pipelines_have_equal_bytes_and_marks) {
  for (const auto& make : {samples::clicks, samples::orders, samples::sensors}) {
    for (const Mode mode :
         {Mode::supervisor, Mode::append, Mode::replace, Mode::reindex, Mode::compaction}) {
      const auto one = render(make(), mode);
      const auto other = render(make(), mode);
      ASSERT_TRUE(one && other);
      EXPECT_EQ(one->text, other->text);
      EXPECT_EQ(fingerprint(*one), fingerprint(*other));
      EXPECT_EQ(canonical(one->text)->text, one->text) << to_string(mode);
    }
  }
}

RC_GTEST_PROP(RenderLaw, the_expression_says_the_rule, (std::uint32_t lateness)) {
  LatenessRule rule{Millis(lateness), {}};
  RC_ASSERT(arrival_expression(rule) ==
            fmt::format("__time >= \"{}\" - {}", arrival_column, lateness));
  rule.earliness = Millis(lateness / 2);
  RC_ASSERT(arrival_expression(rule).ends_with(
      fmt::format("&& __time <= \"{}\" + {}", arrival_column, lateness / 2)));
}

constexpr std::string_view good = R"(apiVersion: henge/v1
kind: Pipeline
metadata: {name: p}
spec:
  lateness: PT2H
  schema:
    timestamp: {column: ts, format: iso}
    dimensions: [a]
    filter: {type: selector, dimension: a, value: x}
  stream:
    topic: t
    consumerProperties: {bootstrap.servers: "k:9092", ssl.key.password: "${env:P}"}
    inputFormat: {type: json}
)";

// Any text: no mistake lies outside of the file, and what is wrong is never usable.
void expect_sound(const std::string& text) {
  const ParsedFile parsed = parse_pipelines("p.yaml", text);
  const auto lines = std::ranges::count(text, '\n') + 1;
  for (const Diagnostic& d : parsed.diagnostics) {
    RC_ASSERT(d.place.file == "p.yaml");
    RC_ASSERT(d.place.line >= 0 && d.place.line <= lines + 1);
    RC_ASSERT(!d.message.empty());
    RC_ASSERT(d.message.find('\n') == std::string::npos);
  }
  for (const ParsedPipeline& p : parsed.pipelines)
    if (p.usable) RC_ASSERT(render(p.pipeline, Mode::supervisor).has_value());
  if (parsed.pipelines.size() == 1 && has_errors(parsed.diagnostics))
    RC_ASSERT(!parsed.pipelines[0].usable);
}

RC_GTEST_PROP(ParseLaw, one_changed_byte, (std::uint32_t at, char c)) {
  std::string text(good);
  text[at % text.size()] = c;
  expect_sound(text);
}

RC_GTEST_PROP(ParseLaw, a_cut_out_stretch, (std::uint32_t from, std::uint8_t size)) {
  std::string text(good);
  text.erase(from % text.size(), size);
  expect_sound(text);
}

RC_GTEST_PROP(ParseLaw, lines_in_another_order, (std::uint32_t from, std::uint32_t to)) {
  std::vector<std::string> lines;
  std::string_view rest = good;
  while (!rest.empty()) {
    lines.emplace_back(rest.substr(0, rest.find('\n') + 1));
    rest.remove_prefix(lines.back().size());
  }
  std::swap(lines[from % lines.size()], lines[to % lines.size()]);
  std::string text;
  for (const std::string& line : lines) text += line;
  expect_sound(text);
}

TEST(ParseLaw, each_mistake_is_at_its_line_and_column) {
  // What is replaced by what, and where the mistake is then.
  const struct {
    std::string_view part, wrong, code;
    int line, column;
  } cases[] = {
      {"PT2H", "2h", "wrong_unit", 5, 13},
      {"name: p}", "name: P}", "bad_name", 3, 18},
      {"column: ts", "colum: ts", "unknown_field", 7, 17},
      {"format: iso", "format: MMM", "timestamp_format", 7, 37},
      {"topic: t", "topic: [t]", "wrong_type", 11, 12},
      {"dimension: a", "dimension: __henge_arrival", "reserved_column", 9, 41},
      {"\"${env:P}\"", "hunter2", "secret_in_plain", 12, 73},
      {"type: json}", "type: avro}", "input_format", 13, 25},
  };
  for (const auto& c : cases) {
    std::string text(good);
    text.replace(text.find(c.part), c.part.size(), c.wrong);
    const auto found = parse_pipelines("p.yaml", text).diagnostics;
    const auto d = std::ranges::find(found, c.code, &Diagnostic::code);
    ASSERT_NE(d, found.end()) << c.code;
    EXPECT_EQ(d->place.line, c.line) << c.code;
    EXPECT_EQ(d->place.column, c.column) << c.code;
  }
}

RC_GTEST_PROP(PromiseLaw, waiting_longer_never_seals_earlier, (std::uint16_t more)) {
  Pipeline p = samples::clicks();
  const SealEstimates estimates;
  const Millis before = seal_promise(p, estimates).after_end;
  const Millis extra{more};
  const int which = *rc::gen::inRange(0, 4);
  if (which == 0) p.rule.lateness += extra;
  if (which == 1) p.stream.arrival_disorder += extra;
  if (which == 2) p.stream.task_duration += extra;
  SealEstimates slower = estimates;
  if (which == 3) slower.hand_off += extra;
  const SealPromise after = seal_promise(p, slower);
  RC_ASSERT(after.after_end == before + extra);
  Millis sum{0};
  for (const SealPart& part : after.parts) sum += part.duration;
  RC_ASSERT(sum == after.after_end);
}

RC_GTEST_PROP(ReferenceLaw, what_is_no_reference_stays_as_it_is, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('$', '{', '}', 'e', 'n', 'v', ':', 'A', ' '));
  const SecretSources sources{
      [](const std::string& name) { return std::optional("<" + name + "}${env:A}>"); },
      [](const std::string&) { return Result<std::string>("file"); }};
  const auto resolved = resolve(text, sources);
  if (!has_reference(text)) {
    RC_ASSERT(resolved.has_value());
    RC_ASSERT(*resolved == text);
  }
  // A value that looks like a reference itself is not looked into.
  if (resolved && has_reference(text)) RC_ASSERT(resolved->find("${env:A}>") != std::string::npos);
}

}  // namespace
}  // namespace henge::spec
