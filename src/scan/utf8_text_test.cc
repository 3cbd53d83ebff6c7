#include "scan/utf8_text.h"

#include <gtest/gtest.h>

namespace henge::scan {
namespace {

// What String(bytes, UTF_8) of Java 17 makes of them.
TEST(JavaString, replaces_what_is_no_utf_8) {
  const struct {
    std::string_view bytes, text;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"\u00E9\u20AC\U0001F600", "\u00E9\u20AC\U0001F600"},
      {"\xFF"
       "a",
       "\uFFFD"
       "a"},
      {"\xC3", "\uFFFD"},
      {"\xC3"
       "a",
       "\uFFFD"
       "a"},
      {"\xE2\x82", "\uFFFD"},
      {"\xE2\x82"
       "a",
       "\uFFFD"
       "a"},
      {"\xC0\x80", "\uFFFD\uFFFD"},
      {"\xED\xA0\x80", "\uFFFD"},
      {"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xF0\x90\x80", "\uFFFD"},
      {"\xF0\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\x80"
       "a",
       "\uFFFD"
       "a"},
  };
  for (const auto& c : cases) EXPECT_EQ(java_string(c.bytes), c.text) << c.text;
}

}  // namespace
}  // namespace henge::scan
