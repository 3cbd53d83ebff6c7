#include "spec/shape.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace henge::spec {
namespace {

Field plain(FieldType type, std::string name, std::string doc) {
  Field field;
  field.type = type;
  field.name = std::move(name);
  field.doc = std::move(doc);
  return field;
}

}  // namespace

Field Field::must() && {
  required = true;
  return std::move(*this);
}

Field Field::otherwise(std::string written) && {
  fallback = std::move(written);
  return std::move(*this);
}

Field Field::one_of(std::vector<std::string> words) && {
  choices = std::move(words);
  return std::move(*this);
}

Field Field::mostly(std::vector<std::string> words) && {
  choices = std::move(words);
  more_choices = true;
  return std::move(*this);
}

Field Field::refusing(std::vector<Stranger> names) && {
  strangers = std::move(names);
  return std::move(*this);
}

const Field* Field::find(std::string_view field_name) const {
  auto found = std::ranges::find(fields, field_name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> Field::field_names() const {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

Field text(std::string name, std::string doc) {
  return plain(FieldType::text, std::move(name), std::move(doc));
}

Field boolean(std::string name, std::string doc) {
  return plain(FieldType::boolean, std::move(name), std::move(doc));
}

Field integer(std::string name, std::int64_t min, std::int64_t max, std::string doc) {
  Field field = plain(FieldType::integer, std::move(name), std::move(doc));
  field.min = min;
  field.max = max;
  return field;
}

Field number(std::string name, std::int64_t min, std::int64_t max, std::string doc) {
  Field field = integer(std::move(name), min, max, std::move(doc));
  field.type = FieldType::number;
  return field;
}

Field period(std::string name, std::string doc) {
  return plain(FieldType::period, std::move(name), std::move(doc));
}

Field granularity(std::string name, std::string doc) {
  return plain(FieldType::granularity, std::move(name), std::move(doc));
}

Field size(std::string name, std::string doc) {
  return plain(FieldType::size, std::move(name), std::move(doc));
}

Field properties(std::string name, std::string doc) {
  return plain(FieldType::properties, std::move(name), std::move(doc));
}

Field labels(std::string name, std::string doc) {
  return plain(FieldType::labels, std::move(name), std::move(doc));
}

Field secret(std::string name, std::string doc) {
  return plain(FieldType::secret, std::move(name), std::move(doc));
}

Field druid(std::string name, std::string doc) {
  return plain(FieldType::druid, std::move(name), std::move(doc));
}

Field object(std::string name, std::string doc, std::vector<Field> fields) {
  Field field = plain(FieldType::object, std::move(name), std::move(doc));
  field.fields = std::move(fields);
  return field;
}

Field open_object(std::string name, std::string doc, std::vector<Field> fields) {
  Field field = object(std::move(name), std::move(doc), std::move(fields));
  field.open = true;
  return field;
}

Field list(std::string name, std::string doc, Field item) {
  Field field = plain(FieldType::list, std::move(name), std::move(doc));
  field.fields.push_back(std::move(item));
  return field;
}

Result<std::int64_t> parse_size(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  int shift = -1;
  if (unit.empty())
    shift = 0;
  else if (unit == "k" || unit == "K")
    shift = 10;
  else if (unit == "M")
    shift = 20;
  else if (unit == "G")
    shift = 30;
  const bool fits = error == std::errc() && value >= 0 && shift >= 0 &&
                    value <= (std::numeric_limits<std::int64_t>::max() >> shift);
  if (!fits)
    return fail(ErrorKind::invalid,
                fmt::format("'{}' is not a size; expected bytes, or 64k, 1M, 2G", text));
  return value << shift;
}

}  // namespace henge::spec
