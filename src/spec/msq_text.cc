#include "spec/msq_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::spec {
namespace {

const char* word(MsqType type) {
  switch (type) {
    case MsqType::text:
      return "string";
    case MsqType::integer:
      return "long";
    case MsqType::decimal:
      return "double";
  }
  invariant(false, "a type without a name");
  return "";
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// One UTF-16 unit as SQL escapes it.
std::string unit(unsigned value) {
  return fmt::format("\\{:04x}", value);
}

// "\u00e9" of JSON's own escapes, of which SQL's differ by the letter; quotes are doubled.
std::string escaped(const std::string& ascii_json) {
  std::string out;
  for (std::size_t i = 1; i + 1 < ascii_json.size(); ++i) {
    const char c = ascii_json[i];
    if (c == '\'') out += "''";
    if (c != '\\') {
      if (c != '\'') out += c;
      continue;
    }
    const char what = ascii_json[++i];
    if (what == 'u') {
      out += "\\" + ascii_json.substr(i + 1, 4);
      i += 4;
    } else {
      static constexpr std::string_view letters = "bfnrt";
      static constexpr unsigned values[] = {8, 12, 10, 13, 9};
      const auto at = letters.find(what);
      if (at != std::string_view::npos)
        out += unit(values[at]);
      else
        out += what == '\\' ? "\\\\" : std::string(1, what);
    }
  }
  return out;
}

// Nothing but ASCII: everything else stands in JSON's escapes.
std::string ascii(const Json& tree) {
  return tree.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

Result<void> MsqColumns::read(const std::string& column, MsqType type) {
  TRY_VOID(check_column(column));
  const auto [known, added] = columns_.emplace(column, type);
  if (added || known->second == type) return {};
  return fail(ErrorKind::invalid, fmt::format("column {}: it is read as {} and as {}", column,
                                              word(known->second), word(type)));
}

Json MsqColumns::signature() const {
  Json out = Json::array();
  for (const auto& [name, type] : columns_) out.push_back({{"name", name}, {"type", word(type)}});
  return out;
}

Result<void> check_column(const std::string& name) {
  const bool plain =
      !name.empty() && std::ranges::all_of(name, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) return {};
  return fail(ErrorKind::invalid,
              fmt::format("name {}: only ASCII is written into SQL",
                          Json(name).dump(-1, ' ', true, Json::error_handler_t::replace)));
}

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

Result<std::string> sql_literal(std::string_view text) {
  const bool control = std::ranges::any_of(text, [](char c) { return c >= 0 && c < 0x20; });
  if (!is_ascii(text) || control) {
    try {
      return "U&'" + escaped(Json(text).dump(-1, ' ', true)) + "'";
    } catch (const Json::exception&) {
      return fail(ErrorKind::invalid, "a text that is not UTF-8 can't be said in SQL");
    }
  }
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string sql_moment(Instant moment) {
  std::string text = to_iso(moment);  // 2026-01-02T03:00:00.000Z
  text[text.find('T')] = ' ';
  return fmt::format("TIMESTAMP '{}'", text.substr(0, text.find('.')));
}

std::string iso_period(Granularity granularity) {
  switch (granularity) {
    case Granularity::none:
    case Granularity::all:
      return "";
    case Granularity::second:
      return "PT1S";
    case Granularity::minute:
      return "PT1M";
    case Granularity::five_minute:
      return "PT5M";
    case Granularity::ten_minute:
      return "PT10M";
    case Granularity::fifteen_minute:
      return "PT15M";
    case Granularity::thirty_minute:
      return "PT30M";
    case Granularity::hour:
      return "PT1H";
    case Granularity::six_hour:
      return "PT6H";
    case Granularity::eight_hour:
      return "PT8H";
    case Granularity::day:
      return "P1D";
    case Granularity::week:
      return "P1W";
    case Granularity::month:
      return "P1M";
    case Granularity::quarter:
      return "P3M";
    case Granularity::year:
      return "P1Y";
  }
  invariant(false, "a granularity without a period");
  return "";
}

Result<std::string> sql_extern(const Json& source, const Json& format, const MsqColumns& columns) {
  TRY(const std::string from, sql_literal(ascii(source)));
  TRY(const std::string as, sql_literal(ascii(format)));
  TRY(const std::string typed, sql_literal(ascii(columns.signature())));
  return fmt::format("EXTERN(\n  {},\n  {},\n  {}\n)", from, as, typed);
}

}  // namespace henge::spec
