#include "sim/sql_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace henge::sim {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// From the quote on; one quote within is written as two. Empty where it does not end.
std::optional<std::string> quoted(std::string_view& rest) {
  const char quote = rest.front();
  std::string out;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != quote) {
      out += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == quote) {
      out += quote;
      ++i;
    } else {
      rest.remove_prefix(i + 1);
      return out;
    }
  }
  return std::nullopt;
}

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

// U&'\00e9': four digits after a backslash are a unit of UTF-16, two backslashes are one.
std::string unescaped(const std::string& text) {
  std::string out;
  unsigned high = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] != '\\') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out += text[++i];
    } else if (i + 4 < text.size() &&
               std::from_chars(digits, digits + 4, code, 16).ec == std::errc()) {
      i += 4;
      if (code >= 0xd800 && code < 0xdc00)
        high = code;
      else if (code >= 0xdc00 && code < 0xe000)
        append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00));
      else
        append_utf8(out, code);
    }
  }
  return out;
}

std::string run_of(std::string_view& rest, bool (*holds)(char)) {
  const auto end = std::ranges::find_if_not(rest, holds);
  std::string out(rest.begin(), end);
  rest.remove_prefix(out.size());
  return out;
}

SqlWord sign(std::string_view& rest) {
  const std::size_t length = rest.starts_with(">=") || rest.starts_with("<=") ? 2 : 1;
  SqlWord out{SqlWord::Kind::sign, std::string(rest.substr(0, length))};
  rest.remove_prefix(length);
  return out;
}

}  // namespace

Result<std::vector<SqlWord>> sql_words(std::string_view sql) {
  using Kind = SqlWord::Kind;
  std::vector<SqlWord> words;
  while (!sql.empty()) {
    const char c = sql.front();
    if (c == ' ' || c == '\n') {
      sql.remove_prefix(1);
      continue;
    }
    const bool coded = sql.starts_with("U&'");
    if (coded) sql.remove_prefix(2);
    if (coded || c == '\'' || c == '"') {
      auto text = quoted(sql);
      if (!text) return fail(ErrorKind::invalid, "Lexical error: a quote does not end");
      words.push_back({c == '"' ? Kind::name : Kind::text, coded ? unescaped(*text) : *text});
    } else if (is_letter(c)) {
      std::string word = run_of(sql, [](char l) { return is_letter(l) || is_digit(l); });
      if (word != "__time")
        std::ranges::transform(word, word.begin(), [](char l) {
          return l >= 'a' && l <= 'z' ? static_cast<char>(l - 'a' + 'A') : l;
        });
      words.push_back({Kind::plain, std::move(word)});
    } else if (is_digit(c)) {
      words.push_back({Kind::number, run_of(sql, is_digit)});
    } else {
      words.push_back(sign(sql));
    }
  }
  words.push_back({Kind::end, ""});
  return words;
}

bool SqlReader::skip(std::string_view word) {
  const bool plain = next().kind == SqlWord::Kind::plain || next().kind == SqlWord::Kind::sign;
  if (!plain || next().value != word) return false;
  ++at_;
  return true;
}

Result<void> SqlReader::expect(std::string_view words) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    if (!skip(word))
      return fail(
          ErrorKind::invalid,
          fmt::format("Received an unexpected token [{}], expected [{}]", next().value, word));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  return {};
}

Result<std::string> SqlReader::name() {
  if (next().kind == SqlWord::Kind::name) return take().value;
  return fail(ErrorKind::invalid, fmt::format("expected a name, and not [{}]", next().value));
}

Result<std::string> SqlReader::text() {
  if (next().kind == SqlWord::Kind::text) return take().value;
  return fail(ErrorKind::invalid, fmt::format("expected a text, and not [{}]", next().value));
}

}  // namespace henge::sim
