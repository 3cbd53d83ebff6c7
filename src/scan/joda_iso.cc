#include "scan/joda_iso.h"

#include "scan/joda_fields.h"

namespace henge::scan {

namespace {

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 3'600'000;

struct Attempt {
  TextCursor at;
  JodaFields fields;
};

// Joda never goes back into an optional part: it is taken when it matches, and left out when it
// does not.
bool decimal_point(TextCursor& at) {
  return at.literal('.') || at.literal(',');
}

bool optional_fraction(Attempt& a, std::int64_t unit_ms) {
  TextCursor at = a.at;
  std::int32_t ms = 0;
  if (!decimal_point(at) || !at.fraction(9, unit_ms, ms)) return false;
  a.at = at;
  a.fields.fraction_ms = ms;
  return true;
}

bool optional_number(Attempt& a, std::string_view before, int digits_max,
                     std::optional<std::int32_t>& field) {
  TextCursor at = a.at;
  std::optional<std::int32_t> value;
  if (!at.literal(before) || !at.number(digits_max, false, value)) return false;
  a.at = at;
  field = value;
  return true;
}

// HH[:mm[:ss[.f]]|:mm.f|.f]
bool time_element(Attempt& a) {
  if (!a.at.number(2, false, a.fields.hour)) return false;
  if (!optional_number(a, ":", 2, a.fields.minute)) {
    optional_fraction(a, hour_ms);
    return true;
  }
  const bool has_second = optional_number(a, ":", 2, a.fields.second);
  optional_fraction(a, has_second ? second_ms : minute_ms);
  return true;
}

bool calendar_date(Attempt& a) {
  if (!a.at.number(9, true, a.fields.year)) return false;
  if (optional_number(a, "-", 2, a.fields.month)) optional_number(a, "-", 2, a.fields.day);
  return true;
}

bool week_date(Attempt& a) {
  if (!a.at.number(9, true, a.fields.week_year)) return false;
  if (!optional_number(a, "-W", 2, a.fields.week)) return false;
  optional_number(a, "-", 1, a.fields.day_of_week);
  return true;
}

bool ordinal_date(Attempt& a) {
  return a.at.number(9, true, a.fields.year) && optional_number(a, "-", 3, a.fields.day_of_year);
}

// The longest of the three forms wins, the first among equals.
bool date_element(Attempt& a) {
  std::optional<Attempt> best;
  for (auto* form : {&calendar_date, &week_date, &ordinal_date}) {
    Attempt one = a;
    if (form(one) && (!best || one.at.position > best->at.position)) best = one;
  }
  if (!best) return false;
  a = *best;
  return true;
}

void optional_offset(Attempt& a) {
  a.at.offset(a.fields.offset_ms);
}

void optional_time_element(Attempt& a) {
  Attempt time = a;
  if (time_element(time)) a = time;
}

bool date_and_time(Attempt& a, IsoGrammar grammar) {
  if (!date_element(a)) return false;
  if (!a.at.literal('T') && !(grammar == IsoGrammar::automatic && a.at.literal(' '))) return true;
  optional_time_element(a);
  optional_offset(a);
  return true;
}

bool time_alone(Attempt& a) {
  if (!a.at.literal('T') || !time_element(a)) return false;
  optional_offset(a);
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_joda_iso(std::string_view text, IsoGrammar grammar) {
  Attempt a{{text}, {}};
  const bool starts_with_time =
      grammar == IsoGrammar::iso && (a.at.peek() == 'T' || a.at.peek() == 't');
  const bool read = starts_with_time ? time_alone(a) : date_and_time(a, grammar);
  if (!read || !a.at.at_end()) return std::nullopt;
  return a.fields.milliseconds();
}

}  // namespace henge::scan
