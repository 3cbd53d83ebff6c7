#include "spec/address.h"

#include <gtest/gtest.h>

namespace henge::spec {
namespace {

TEST(Address, urls) {
  struct Case {
    const char* text;
    Url url;
  };
  const Case cases[] = {
      {"http://druid:8888", {"http", "druid", 8888, ""}},
      {"https://druid.example/", {"https", "druid.example", 443, ""}},
      {"http://10.0.0.1/prefix/", {"http", "10.0.0.1", 80, "/prefix"}},
      {"http://[::1]:81/x", {"http", "::1", 81, "/x"}},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_url(c.text).value(), c.url) << c.text;
  for (const char* bad :
       {"", "druid:8888", "ftp://x", "http://", "http://:80", "http://a:0", "http://a:99999",
        "http://a:b", "http://u@h", "http://h?x=1", "http://h/a b", "http://[::1", "http://[::1]x",
        "http://h:", "http://h/#f"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

TEST(Address, endpoints) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:0").value(), (Endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(parse_endpoint("[::]:80").value(), (Endpoint{"::", 80}));
  for (const char* bad :
       {"", "80", ":80", "host", "host:", "host:70000", "::1:80", "h:8x", "a b:1"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

TEST(Address, loopback_and_unspecified) {
  EXPECT_TRUE(is_loopback("127.0.0.2"));
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_FALSE(is_loopback("10.0.0.1"));
  EXPECT_TRUE(is_unspecified("0.0.0.0"));
  EXPECT_FALSE(is_unspecified("127.0.0.1"));
}

}  // namespace
}  // namespace henge::spec
