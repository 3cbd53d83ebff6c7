// TLS against certificates made for the test: a CA, a server certificate for 127.0.0.1 and
// localhost, a client certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/http_client.h"
#include "runtime/scripted_server.h"
#include "runtime/test_loop.h"

namespace henge::runtime {
namespace {

namespace ssl = boost::asio::ssl;
using testing::HasSubstr;

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = (std::filesystem::temp_directory_path() / "henge_tls_XXXXXX").string();
    folder = ::mkdtemp(name.data());
    const std::string quiet = " >/dev/null 2>&1";
    const std::string key = "openssl ecparam -name prime256v1 -genkey -noout -out " + folder + "/";
    run(key + "ca.key" + quiet);
    run("openssl req -x509 -new -key " + folder + "/ca.key -subj /CN=henge-test-ca -days 2 -out " +
        folder + "/ca.pem" + quiet);
    for (const std::string who : {"server", "client", "elsewhere"}) {
      const std::string names =
          who == "elsewhere" ? "DNS:elsewhere.invalid" : "IP:127.0.0.1,DNS:localhost";
      run(key + who + ".key" + quiet);
      run("openssl req -new -key " + folder + "/" + who + ".key -subj /CN=" + who + " -out " +
          folder + "/" + who + ".csr" + quiet);
      run("printf 'subjectAltName=" + names + "' > " + folder + "/" + who + ".ext");
      run("openssl x509 -req -in " + folder + "/" + who + ".csr -CA " + folder + "/ca.pem -CAkey " +
          folder + "/ca.key -CAcreateserial -days 2 -extfile " + folder + "/" + who + ".ext -out " +
          folder + "/" + who + ".pem" + quiet);
    }
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder); }
  static void run(const std::string& command) {
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  static ssl::context server_context(const std::string& who) {
    ssl::context context(ssl::context::tls_server);
    context.use_certificate_chain_file(folder + "/" + who + ".pem");
    context.use_private_key_file(folder + "/" + who + ".key", ssl::context::pem);
    return context;
  }
  static HttpClientOptions options(TlsOptions tls) {
    HttpClientOptions made;
    made.tls = std::move(tls);
    made.random = [] { return 0.0; };
    return made;
  }
  static TlsOptions trusting() {
    TlsOptions tls;
    tls.ca_file = folder + "/ca.pem";
    return tls;
  }
  Result<HttpResponse> get(HttpClient& client, const std::string& url,
                           Millis deadline = std::chrono::seconds(5)) {
    HttpCall call;
    call.method = "POST";
    call.body = "{}";
    call.repeat = Repeat::ambiguous;
    call.url = url;
    call.deadline = deadline;
    call.retry = retry_never;
    return loop.run(client.send(std::move(call)));
  }

  static inline std::string folder;
  TestLoop loop;
};

TEST_F(TlsTest, AKnownAuthorityAndTheRightNameAreAccepted) {
  auto context = server_context("server");
  ScriptedServer server(
      loop.io(), [](int, const std::string&) { return reply(200, "secure"); }, &context);
  HttpClient client(options(trusting()));
  const auto by_address = get(client, server.url());
  ASSERT_TRUE(by_address) << by_address.error().message;
  EXPECT_EQ(by_address->body, "secure");
  const auto by_name = get(client, fmt::format("https://localhost:{}/", server.port()));
  EXPECT_TRUE(by_name) << by_name.error().message;
}

TEST_F(TlsTest, AnUnknownAuthorityIsDenied) {
  auto context = server_context("server");
  ScriptedServer server(
      loop.io(), [](int, const std::string&) { return reply(200, "secure"); }, &context);
  HttpClient client(options(TlsOptions{}));
  const auto response = get(client, server.url());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::denied);
  EXPECT_THAT(response.error().message, HasSubstr("certificate"));
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(TlsTest, ACertificateForAnotherNameIsDenied) {
  auto context = server_context("elsewhere");
  ScriptedServer server(
      loop.io(), [](int, const std::string&) { return reply(200, "secure"); }, &context);
  HttpClient client(options(trusting()));
  const auto response = get(client, server.url());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::denied) << response.error().message;
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(TlsTest, AClientCertificateIsSentWhereAskedForAndMissedWhereMissing) {
  auto context = server_context("server");
  context.load_verify_file(folder + "/ca.pem");
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  ScriptedServer server(
      loop.io(), [](int, const std::string&) { return reply(200, "mutual"); }, &context);
  TlsOptions mutual = trusting();
  mutual.certificate_file = folder + "/client.pem";
  mutual.key_file = folder + "/client.key";
  HttpClient with(options(mutual));
  const auto accepted = get(with, server.url());
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->body, "mutual");
  HttpClient without(options(trusting()));
  const auto response = get(without, server.url());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::denied) << response.error().message;
  EXPECT_EQ(server.requests.size(), 1U);
}

TEST_F(TlsTest, AServerThatSpeaksNoTlsIsTold) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(400, "plain"); });
  HttpClient client(options(trusting()));
  const auto response =
      get(client, fmt::format("https://127.0.0.1:{}/", server.port()), Millis(200));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("TLS handshake"));
}

TEST_F(TlsTest, AMissingFileIsNamed) {
  TlsOptions tls;
  tls.ca_file = folder + "/no_such.pem";
  HttpClient client(options(tls));
  const auto response = get(client, "https://127.0.0.1:1/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::invalid);
  EXPECT_THAT(response.error().message, HasSubstr("no_such.pem"));
}

TEST_F(TlsTest, ARedirectToPlainHttpIsRefused) {
  auto context = server_context("server");
  ScriptedServer server(
      loop.io(),
      [](int, const std::string&) { return reply(307, "", "Location: http://127.0.0.1:1/\r\n"); },
      &context);
  HttpClient client(options(trusting()));
  EXPECT_EQ(get(client, server.url()).error().kind, ErrorKind::refused);
}

}  // namespace
}  // namespace henge::runtime
