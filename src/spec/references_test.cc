#include "spec/references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

SecretSources sources() {
  return {[](const std::string& name) -> std::optional<std::string> {
            if (name == "USER") return "ann";
            if (name == "NESTED") return "${env:USER}";
            if (name == "EMPTY") return "";
            return std::nullopt;
          },
          [](const std::string& path) -> Result<std::string> {
            if (path == "/run/key") return "s3cret\n";
            if (path == "/run/lines") return "a\nb\r\n";
            return fail(ErrorKind::not_found, "no such file");
          }};
}

TEST(References, resolve) {
  struct Case {
    const char* text;
    const char* value;
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"", ""},
      {"${env:USER}", "ann"},
      {"user=${env:USER};pw=${file:/run/key}.", "user=ann;pw=s3cret."},
      {"${env:NESTED}", "${env:USER}"},
      {"[${env:EMPTY}]", "[]"},
      {"${file:/run/lines}", "a\nb"},
      {"$USER $5 }", "$USER $5 }"},
  };
  for (const Case& c : cases) EXPECT_EQ(resolve(c.text, sources()).value(), c.value) << c.text;
}

TEST(References, errors_name_the_reference_and_no_value) {
  struct Case {
    const char* text;
    ErrorKind kind;
    const char* message;
  };
  const Case cases[] = {
      {"${env:USER}${env:MISSING}", ErrorKind::not_found, "MISSING"},
      {"${file:/no}", ErrorKind::not_found, "${file:/no}: no such file"},
      {"${env:}", ErrorKind::invalid, "${env:NAME}"},
      {"${env:a-b}", ErrorKind::invalid, "letters"},
      {"${env:1A}", ErrorKind::invalid, "letters"},
      {"${file:}", ErrorKind::invalid, "path"},
      {"${USER}", ErrorKind::invalid, "a reference is"},
      {"${vault:x}", ErrorKind::invalid, "a reference is"},
      {"${env:USER", ErrorKind::invalid, "no }"},
  };
  for (const Case& c : cases) {
    auto resolved = resolve(Property{c.text}, sources());
    ASSERT_FALSE(resolved) << c.text;
    EXPECT_EQ(resolved.error().kind, c.kind) << c.text;
    EXPECT_THAT(resolved.error().message, HasSubstr(c.message)) << c.text;
    EXPECT_THAT(resolved.error().message, Not(HasSubstr("ann"))) << c.text;
  }
}

TEST(References, are_listed_in_order) {
  EXPECT_THAT(references_of("${file:/a b}-${env:X_1}").value(),
              ElementsAre(Reference{ReferenceKind::file, "/a b"},
                          Reference{ReferenceKind::environment, "X_1"}));
  EXPECT_TRUE(references_of("none").value().empty());
  EXPECT_TRUE(has_reference("a${"));
  EXPECT_FALSE(has_reference("$a {"));
}

TEST(References, names_of_secrets) {
  for (const char* name : {"ssl.key.password", "sasl.jaas.config", "SASL.PASSWORD",
                           "ssl.keystore.password", "client.secret", "oauth.token", "ssl.key.pem",
                           "schema.registry.basic.auth.apikey", "ssl.keystore.key"}) {
    EXPECT_TRUE(looks_secret(name)) << name;
  }
  for (const char* name : {"bootstrap.servers", "key.deserializer", "ssl.key.location",
                           "sasl.oauthbearer.token.endpoint.url", "group.id",
                           "sasl.login.callback.handler.class", "monkey"}) {
    EXPECT_FALSE(looks_secret(name)) << name;
  }
}

}  // namespace
}  // namespace henge::spec
