#include "spec/combining_metric.h"

#include <fmt/format.h>

#include <array>

#include "spec/json_tree.h"

namespace henge::spec {
namespace {

struct Form {
  std::string_view declared;
  std::string_view combining;
  // Settings that say how the column is stored, to be kept; all others say how raw input is read.
  std::array<std::string_view, 4> kept;
};

// Source: each aggregator's page in Druid's reference and getCombiningFactory() of its factory
// class.
constexpr auto forms = std::to_array<Form>({
    {"count", "longSum", {}},
    {"longSum", "longSum", {}},
    {"doubleSum", "doubleSum", {}},
    {"floatSum", "floatSum", {}},
    {"longMin", "longMin", {}},
    {"doubleMin", "doubleMin", {}},
    {"floatMin", "floatMin", {}},
    {"longMax", "longMax", {}},
    {"doubleMax", "doubleMax", {}},
    {"floatMax", "floatMax", {}},
    {"longFirst", "longFirst", {}},
    {"doubleFirst", "doubleFirst", {}},
    {"floatFirst", "floatFirst", {}},
    {"stringFirst", "stringFirst", {"maxStringBytes"}},
    {"longLast", "longLast", {}},
    {"doubleLast", "doubleLast", {}},
    {"floatLast", "floatLast", {}},
    {"stringLast", "stringLast", {"maxStringBytes"}},
    {"thetaSketch", "thetaSketch", {"size", "shouldFinalize", "errorBoundsStdDev"}},
    {"HLLSketchBuild", "HLLSketchMerge", {"lgK", "tgtHllType", "shouldFinalize", "round"}},
    {"HLLSketchMerge", "HLLSketchMerge", {"lgK", "tgtHllType", "shouldFinalize", "round"}},
    {"quantilesDoublesSketch", "quantilesDoublesSketchMerge", {"k", "maxStreamLength"}},
    {"KllDoublesSketch", "KllDoublesSketchMerge", {"k", "maxStreamLength"}},
    {"KllFloatsSketch", "KllFloatsSketchMerge", {"k", "maxStreamLength"}},
    {"hyperUnique", "hyperUnique", {"round"}},
});

Result<Json> combine(const Json& declared, const std::string& name) {
  const std::string type = string_at(declared, "type");
  if (type == "filtered") return combine(at_or_null(declared, "aggregator"), name);
  const auto* form = std::ranges::find(forms, type, &Form::declared);
  if (form == forms.end()) {
    return fail(
        ErrorKind::invalid,
        fmt::format(
            "metric {}: an aggregator of type \"{}\" cannot be computed again from its own column, "
            "which compaction and re-indexing need",
            name, type));
  }
  Json combined = {{"type", form->combining}, {"name", name}, {"fieldName", name}};
  for (const auto key : form->kept) {
    if (const Json& value = at_or_null(declared, key); !key.empty() && !value.is_null()) {
      combined[std::string(key)] = value;
    }
  }
  return combined;
}

}  // namespace

Result<JsonText> combining_form(const Metric& metric) {
  TRY(const Json declared, parse_json(metric.spec));
  TRY(const Json combined, combine(declared, metric.name));
  return to_text(combined);
}

}  // namespace henge::spec
