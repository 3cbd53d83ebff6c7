#include "model/pipeline.h"

namespace henge {

const char* to_string(InputFormatKind kind) {
  switch (kind) {
    case InputFormatKind::json:
      return "json";
    case InputFormatKind::csv:
      return "csv";
    case InputFormatKind::tsv:
      return "tsv";
  }
  return "json";
}

const char* to_string(Proof proof) {
  switch (proof) {
    case Proof::counted:
      return "counted";
    case Proof::reported:
      return "reported";
  }
  return "counted";
}

}  // namespace henge
