// ${env:NAME} and ${file:PATH}: secrets by name. They stay names in the model, plans, ledger and
// logs, and become values only where a request or a consumer is made.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

enum class ReferenceKind { environment, file };

struct Reference {
  ReferenceKind kind = ReferenceKind::environment;
  std::string name;  // of the variable, or the path
  bool operator==(const Reference&) const = default;
};

// Where secrets come from.
struct SecretSources {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<Result<std::string>(const std::string& path)> file;
};

// Whether the text holds something that looks like a reference: ${ anywhere.
bool has_reference(std::string_view text);
// The references of a text in order. Errors: invalid - one is malformed or of an unknown kind.
Result<std::vector<Reference>> references_of(std::string_view text);
// The text with all references replaced, once: what a secret holds is not looked into. One line end
// at a file's end is left out. Errors: invalid (malformed), not_found (no such variable), whatever
// `file` says. They name the reference, never a value.
Result<std::string> resolve(std::string_view text, const SecretSources& sources);
Result<std::string> resolve(const Property& property, const SecretSources& sources);

// Whether a property of that name usually holds a secret: ssl.key.password, sasl.jaas.config.
bool looks_secret(std::string_view property_name);

}  // namespace henge::spec
