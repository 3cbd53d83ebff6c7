// By what a record is known again, whoever reads it.
#pragma once

#include "model/topic.h"
#include "scan/classify.h"

namespace henge::scan {

Witness witness_of(const Record& record);

}  // namespace henge::scan
