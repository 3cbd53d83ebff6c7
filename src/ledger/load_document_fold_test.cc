// Load documents as a table: which event may follow which, and what is kept of refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/describe.h"
#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LoadDocuments : public testing::Test {
 protected:
  LoadDocuments() { add(PipelineDeclared{1, "doc", "f", "", "c0ffee00"}); }
  Result<void> offer(Body body, const std::string& pipeline = "p") {
    return apply(state_, Event{instant_of_ms(++at_), pipeline, std::move(body)});
  }
  void add(Body body) {
    auto done = offer(std::move(body));
    EXPECT_TRUE(done) << done.error().message;
  }
  void refuses(Body body, const std::string& why, const std::string& pipeline = "p") {
    const State before = state_;
    auto done = offer(std::move(body), pipeline);
    ASSERT_FALSE(done) << why;
    EXPECT_THAT(done.error().message, HasSubstr(why));
    EXPECT_EQ(state_, before) << "nothing is changed by what is refused";
  }
  static LoadDeclared declared(const std::string& name = "nightly") {
    return {name, "text of " + name, instant_of_ms(77), "me", "why"};
  }
  const LoadDocumentState& document() {
    return state_.pipelines.at("p").load_documents.at("nightly");
  }

  State state_;
  std::int64_t at_ = 0;
};

TEST_F(LoadDocuments, AreInForceFromTheirDeclarationToTheirWithdrawal) {
  refuses(LoadWithdrawn{"nightly", "me", ""}, "no load document nightly");
  refuses(LoadRefused{"nightly", "k", "refused", "e"}, "no load document nightly");
  refuses(declared(""), "without a name");
  add(declared());
  EXPECT_EQ(document().document, "text of nightly");
  EXPECT_EQ(document().since, instant_of_ms(77));
  EXPECT_EQ(document().declared_at, instant_of_ms(at_));
  EXPECT_EQ(document().by, "me");
  add(LoadWithdrawn{"nightly", "me", ""});
  EXPECT_THAT(state_.pipelines.at("p").load_documents, IsEmpty());
  add(declared());
  add(declared("other"));
  EXPECT_EQ(state_.pipelines.at("p").load_documents.size(), 2U);
}

TEST_F(LoadDocuments, ANameIsOfOnePipelineUntilThatIsReleased) {
  add(declared());
  auto other = offer(PipelineDeclared{1, "doc", "f", "", "c0ffee01"}, "q");
  ASSERT_TRUE(other);
  refuses(declared(), "nightly is a document of pipeline p", "q");
  add(PipelineReleased{"r", "me", "kept"});
  EXPECT_TRUE(offer(declared(), "q"));
}

TEST_F(LoadDocuments, RefusalsAreCountedUntilTheLoadIsAccepted) {
  add(declared());
  add(LoadRefused{"nightly", "nightly@1", "not_found", "no file"});
  const Instant first = instant_of_ms(at_);
  add(LoadRefused{"nightly", "nightly@2", "refused", "a guard"});
  add(LoadRefused{"nightly", "nightly@1", "not_found", "still none"});
  EXPECT_EQ(document().refused.at("nightly@1"),
            (RefusedLoad{"still none", 2, first, instant_of_ms(at_)}));
  LoadRequested accepted;
  accepted.number = 1;
  accepted.load = "load-000001";
  accepted.key = "nightly@1";
  accepted.content.chunks = {{instant_of_ms(0), 1}};
  accepted.parts = {{{instant_of_ms(0)}, {}, 1}};
  add(accepted);
  EXPECT_FALSE(document().refused.contains("nightly@1"));
  EXPECT_TRUE(document().refused.contains("nightly@2"));
  add(declared());
  EXPECT_THAT(document().refused, IsEmpty()) << "it may be what was put right";
}

TEST_F(LoadDocuments, OfRefusalsTheNewestAreKept) {
  add(declared());
  for (int i = 0; i < 150; ++i)
    add(LoadRefused{"nightly", "nightly@" + std::to_string(i), "refused", "e"});
  EXPECT_EQ(document().refused.size(), 100U);
  EXPECT_FALSE(document().refused.contains("nightly@49"));
  EXPECT_TRUE(document().refused.contains("nightly@50"));
}

TEST_F(LoadDocuments, TellTheirStory) {
  EXPECT_EQ(describe(declared()), "load document nightly declared by me: why");
  EXPECT_THAT(describe(LoadWithdrawn{"nightly", "me", ""}), HasSubstr("nightly withdrawn by me"));
  EXPECT_EQ(describe(LoadRefused{"nightly", "nightly@1", "refused", "no"}),
            "nightly@1 of load document nightly not accepted (refused): no");
}

}  // namespace
}  // namespace henge::ledger
