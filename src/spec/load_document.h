// Documents of kind Load: their shape, what they mean, and what is wrong with them.
#pragma once

#include "model/load_document.h"
#include "spec/report.h"
#include "spec/shape.h"
#include "spec/view.h"

namespace henge::spec {

const Field& load_shape();

// As far as the document can be read.
LoadDocument build_load(const View& document);

// Looks only at values that fit the shape, so that one mistake is reported once.
void validate_load(const View& document, const LoadDocument& load, Report& report);

}  // namespace henge::spec
