#include "scan/finding.h"

namespace henge::scan {

const char* to_string(DeltaKind kind) {
  switch (kind) {
    case DeltaKind::late:
      return "late";
    case DeltaKind::early:
      return "early";
    case DeltaKind::unparseable:
      return "unparseable";
  }
  return "late";
}

}  // namespace henge::scan
