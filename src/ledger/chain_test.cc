#include "ledger/chain.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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

struct Fields {
  std::int64_t sequence, epoch, at;
  std::string pipeline, kind, body;
  bool operator==(const Fields&) const = default;

  [[nodiscard]] ChainedFields view() const {
    return {sequence, epoch, instant_of_ms(at), pipeline, kind, body};
  }
};

// Short texts of few letters, so that neighbours' borders are what differs.
Fields any_fields() {
  const auto text = rc::gen::container<std::string>(rc::gen::element('a', 'b', '\0'));
  const auto number = rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 3),
                                     rc::gen::element(INT64_MIN, INT64_MAX, std::int64_t{-1}));
  return {*number, *number, *number, *text, *text, *text};
}

RC_GTEST_PROP(ChainLaw, equal_hashes_mean_equal_records, ()) {
  const Fields a = any_fields(), b = any_fields();
  Chain chain;
  RC_ASSERT((chain.link(genesis, a.view()) == chain.link(genesis, b.view())) == (a == b));
}

RC_GTEST_PROP(ChainLaw, texts_do_not_run_into_each_other, ()) {
  Fields a = any_fields();
  const std::string all = a.pipeline + a.kind + a.body;
  const auto cut = *rc::gen::inRange<std::size_t>(0, all.size() + 1);
  Fields b = a;
  b.pipeline = all.substr(0, cut);
  b.kind = all.substr(cut);
  b.body.clear();
  Chain chain;
  RC_ASSERT((chain.link(genesis, a.view()) == chain.link(genesis, b.view())) == (a == b));
}

RC_GTEST_PROP(ChainLaw, a_change_shows_in_every_later_hash, ()) {
  std::vector<Fields> history(static_cast<std::size_t>(*rc::gen::inRange(1, 10)));
  for (auto& fields : history) fields = any_fields();
  const auto place = *rc::gen::inRange<std::size_t>(0, history.size());
  std::vector<Fields> changed = history;
  changed[place].body += "x";
  Chain chain;
  Hash a = genesis, b = genesis;
  for (std::size_t i = 0; i < history.size(); ++i) {
    a = chain.link(a, history[i].view());
    b = chain.link(b, changed[i].view());
    RC_ASSERT((a == b) == (i < place));
  }
}

RC_GTEST_PROP(ChainLaw, only_the_text_of_a_hash_is_read_as_one, (std::string text)) {
  if (const auto hash = parse_hash(text)) RC_ASSERT(to_hex(*hash) == text);
}

TEST(Chain, MovesWithItsContext) {
  Chain first;
  Chain second = std::move(first);
  EXPECT_EQ(second.link(genesis, sample), Chain().link(genesis, sample));
}

}  // namespace
}  // namespace henge::ledger
