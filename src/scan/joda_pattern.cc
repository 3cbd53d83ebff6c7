#include "scan/joda_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "scan/joda_fields.h"

namespace henge::scan {

namespace {

struct Token {
  char letter = 0;  // 0 for a literal
  std::size_t length = 0;
  std::string text;
};

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

Token literal_at(std::string_view pattern, std::size_t& at) {
  Token token;
  bool quoted = false;
  for (; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '\'' && at + 1 < pattern.size() && pattern[at + 1] == '\'') {
      token.text += c;
      ++at;
    } else if (c == '\'') {
      quoted = !quoted;
    } else if (!quoted && is_letter(c)) {
      break;
    } else {
      token.text += c;
    }
  }
  return token;
}

std::vector<Token> tokens_of(std::string_view pattern) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < pattern.size();) {
    if (!is_letter(pattern[at])) {
      tokens.push_back(literal_at(pattern, at));
      continue;
    }
    const std::size_t end = std::min(pattern.find_first_not_of(pattern[at], at), pattern.size());
    tokens.push_back({pattern[at], end - at, {}});
    at = end;
  }
  return tokens;
}

bool is_number(const Token& token) {
  if (token.letter == 'M') return token.length <= 2;
  return token.letter != 0 &&
         std::string_view("cCxyYdhHmsSeDFwWkK").find(token.letter) != std::string_view::npos;
}

}  // namespace

Result<JodaPattern::Element> JodaPattern::element_of(char letter, std::size_t length,
                                                     bool number_follows) {
  const int digits = static_cast<int>(std::min<std::size_t>(length, 9));
  const int two_at_least = std::max(digits, 2);
  // Two letters of year mean a pivot around the current year in Joda: not a function of the text.
  if (letter == 'y' && length != 2) return Element{Part::year, number_follows ? digits : 9, {}};
  if (letter == 'M' && length <= 2) return Element{Part::month, 2, {}};
  if (letter == 'd') return Element{Part::day, two_at_least, {}};
  if (letter == 'D') return Element{Part::day_of_year, std::max(digits, 3), {}};
  if (letter == 'H') return Element{Part::hour, two_at_least, {}};
  if (letter == 'm') return Element{Part::minute, two_at_least, {}};
  if (letter == 's') return Element{Part::second, two_at_least, {}};
  if (letter == 'S' && length <= 9) return Element{Part::fraction, digits, {}};
  if (letter == 'Z' && length <= 2) return Element{Part::offset, 0, {}};
  return fail(
      ErrorKind::invalid,
      fmt::format("henge cannot evaluate '{}' in a timestamp pattern exactly; it knows yyyy M MM "
                  "d dd D H HH m mm s ss S..SSSSSSSSS Z ZZ, punctuation and 'text'",
                  std::string(length, letter)));
}

Result<JodaPattern> JodaPattern::compile(std::string_view pattern) {
  if (pattern.empty()) return fail(ErrorKind::invalid, "the timestamp pattern is empty");
  JodaPattern compiled;
  std::string seen;
  const auto tokens = tokens_of(pattern);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.letter == 0) {
      compiled.elements_.push_back({Part::literal, 0, token.text});
      continue;
    }
    if (seen.find(token.letter) != std::string::npos) {
      return fail(ErrorKind::invalid, fmt::format("'{}' stands twice in the timestamp pattern '{}'",
                                                  token.letter, pattern));
    }
    seen += token.letter;
    const bool number_follows = i + 1 < tokens.size() && is_number(tokens[i + 1]);
    TRY(auto element, element_of(token.letter, token.length, number_follows));
    compiled.elements_.push_back(std::move(element));
  }
  if (seen.find('D') != std::string::npos && seen.find_first_of("Md") != std::string::npos) {
    return fail(ErrorKind::invalid, "day of year beside month or day in a timestamp pattern");
  }
  return compiled;
}

std::optional<std::int64_t> JodaPattern::parse(std::string_view text) const {
  TextCursor at{text};
  JodaFields f;
  for (const Element& e : elements_) {
    bool read = false;
    switch (e.part) {
      case Part::year:
        read = at.number(e.digits_max, true, f.year);
        break;
      case Part::month:
        read = at.number(e.digits_max, false, f.month);
        break;
      case Part::day:
        read = at.number(e.digits_max, false, f.day);
        break;
      case Part::day_of_year:
        read = at.number(e.digits_max, false, f.day_of_year);
        break;
      case Part::hour:
        read = at.number(e.digits_max, false, f.hour);
        break;
      case Part::minute:
        read = at.number(e.digits_max, false, f.minute);
        break;
      case Part::second:
        read = at.number(e.digits_max, false, f.second);
        break;
      case Part::fraction:
        read = at.fraction(e.digits_max, 1000, f.fraction_ms);
        break;
      case Part::offset:
        read = at.offset(f.offset_ms);
        break;
      case Part::literal:
        read = at.literal(std::string_view(e.text));
        break;
    }
    if (!read) return std::nullopt;
  }
  if (!at.at_end()) return std::nullopt;
  return f.milliseconds();
}

}  // namespace henge::scan
