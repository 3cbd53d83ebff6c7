// Any bytes as a pipeline file and as a configuration: never a crash, every diagnostic with a rule,
// usable means no error.
#include <cstdint>

#include "model/result.h"
#include "spec/config.h"
#include "spec/parse.h"
#include "spec/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = henge::spec::parse_pipelines("fuzz.yaml", text);
  for (const auto& d : parsed.diagnostics) henge::spec::rule(d.code);
  for (const auto& p : parsed.pipelines) {
    henge::invariant(!p.pipeline.name.empty(), "a pipeline without a name came out");
    if (parsed.pipelines.size() == 1 && p.usable) {
      henge::invariant(!p.pipeline.schema.count_metric.empty(),
                       "a usable pipeline has no count metric");
      henge::invariant(p.pipeline.rule.lateness.count() > 0, "a usable pipeline has no lateness");
    }
  }
  henge::spec::find_duplicates(parsed.pipelines);
  henge::spec::parse_config("fuzz.yaml", text);
  return 0;
}
