#include "spec/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace henge::spec {
namespace {

bool is_variable_name(std::string_view name) {
  auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::ranges::all_of(name, fits);
}

Result<Reference> parse_reference(std::string_view inside) {
  const std::size_t colon = inside.find(':');
  const std::string_view kind = inside.substr(0, colon);
  const std::string_view name =
      colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1);
  if (colon == std::string_view::npos || (kind != "env" && kind != "file")) {
    return fail(ErrorKind::invalid, "a reference is ${env:NAME} or ${file:PATH}");
  }
  if (kind == "env" && !is_variable_name(name)) {
    return fail(ErrorKind::invalid, "${env:NAME} takes a name of letters, digits and _");
  }
  if (name.empty()) return fail(ErrorKind::invalid, "${file:PATH} takes a path");
  return Reference{kind == "env" ? ReferenceKind::environment : ReferenceKind::file,
                   std::string(name)};
}

// Calls back for each stretch of plain text and each reference, in order.
template <typename OnText, typename OnReference>
Result<void> walk(std::string_view text, OnText on_text, OnReference on_reference) {
  while (true) {
    const std::size_t start = text.find("${");
    on_text(text.substr(0, start));
    if (start == std::string_view::npos) return {};
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos)
      return fail(ErrorKind::invalid, "a reference that starts with ${ has no }");
    TRY(Reference reference, parse_reference(text.substr(start + 2, end - start - 2)));
    TRY_VOID(on_reference(reference));
    text.remove_prefix(end + 1);
  }
}

Result<std::string> value_of(const Reference& reference, const SecretSources& sources) {
  if (reference.kind == ReferenceKind::environment) {
    if (auto value = sources.environment(reference.name)) return *value;
    return fail(ErrorKind::not_found,
                fmt::format("${{env:{0}}}: the environment has no variable {0}", reference.name));
  }
  Result<std::string> content = sources.file(reference.name);
  if (!content)
    return tl::unexpected(
        std::move(content).error().within(fmt::format("${{file:{}}}", reference.name)));
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  return content;
}

}  // namespace

bool has_reference(std::string_view text) {
  return text.find("${") != std::string_view::npos;
}

Result<std::vector<Reference>> references_of(std::string_view text) {
  std::vector<Reference> all;
  TRY_VOID(walk(
      text, [](std::string_view) {},
      [&](const Reference& reference) -> Result<void> {
        all.push_back(reference);
        return {};
      }));
  return all;
}

Result<std::string> resolve(std::string_view text, const SecretSources& sources) {
  std::string out;
  TRY_VOID(walk(
      text, [&](std::string_view plain) { out += plain; },
      [&](const Reference& reference) -> Result<void> {
        TRY(std::string value, value_of(reference, sources));
        out += value;
        return {};
      }));
  return out;
}

Result<std::string> resolve(const Property& property, const SecretSources& sources) {
  return resolve(property.value, sources);
}

bool looks_secret(std::string_view property_name) {
  std::string name;
  for (char c : property_name)
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (std::string_view part : {"password", "passphrase", "secret", "token", "jaas"}) {
    // Addresses and class names that belong to a login are no secrets themselves.
    const bool about_it =
        name.ends_with("url") || name.ends_with("class") || name.ends_with("location");
    if (name.find(part) != std::string::npos && !about_it) return true;
  }
  return name == "key" || name.ends_with(".key") || name.ends_with(".key.pem") ||
         name.ends_with("apikey");
}

}  // namespace henge::spec
