#include "ledger/chain.h"

#include <gtest/gtest.h>

#include <set>

namespace henge::ledger {
namespace {

const ChainedFields sample{.sequence = 1,
                           .epoch = 2,
                           .at = instant_of_ms(1'764'000'000'123),
                           .pipeline = "clicks",
                           .kind = "sealed",
                           .body = R"({"rows":3})"};

// The format is a promise: this hash was computed by another program from docs/ledger-format.md.
TEST(Chain, IsTheDocumentedHash) {
  Chain chain;
  EXPECT_EQ(to_hex(chain.link(genesis, sample)),
            "ecabd1bc19b8bcfddd20b6aebc9ed7022edf10ec7a5a220043108ae74ceecad2");
}

TEST(Chain, EveryFieldAndEveryBorderBetweenFieldsCounts) {
  Chain chain;
  std::vector<ChainedFields> all(9, sample);
  all[1].sequence = 2;
  all[2].epoch = 3;
  all[3].at = instant_of_ms(1'764'000'000'124);
  all[4].pipeline = "click";
  all[5].kind = "seale";
  all[6].body = R"({"rows":4})";
  all[7].pipeline = "clickss";
  all[7].kind = "ealed";
  all[8].kind = R"(sealed{)";
  all[8].body = R"("rows":3})";
  std::set<std::string> hashes;
  for (const ChainedFields& fields : all) hashes.insert(to_hex(chain.link(genesis, fields)));
  Hash other = genesis;
  other[31] = 1;
  hashes.insert(to_hex(chain.link(other, sample)));
  EXPECT_EQ(hashes.size(), all.size() + 1);
  EXPECT_EQ(chain.link(genesis, sample), Chain().link(genesis, sample));
}

TEST(Chain, HexRoundTrip) {
  Hash hash;
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::uint8_t>(i * 37 + 200);
  EXPECT_EQ(*parse_hash(to_hex(hash)), hash);
  EXPECT_EQ(to_hex(genesis), std::string(64, '0'));
  for (const std::string& bad : {std::string(), std::string(63, '0'), std::string(65, '0'),
                                 std::string(63, '0') + "g", std::string(63, '0') + "A"}) {
    EXPECT_FALSE(parse_hash(bad)) << bad;
  }
}

}  // namespace
}  // namespace henge::ledger
