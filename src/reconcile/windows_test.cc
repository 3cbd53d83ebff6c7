// When henge may act by itself: the law of windows, in tables and over windows drawn by chance.
#include "reconcile/windows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "model/cron.h"

namespace henge::reconcile {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Instant at(const char* text) {
  return parse_instant(text).value();
}
MaintenanceWindow allow(const char* cron, Millis duration) {
  return {false, cron, duration};
}
MaintenanceWindow deny(const char* cron, Millis duration) {
  return {true, cron, duration};
}

TEST(MaintenanceWindows, AtTheirEdges) {
  const std::vector<MaintenanceWindow> night{allow("0 22 * * *", hours(8))};
  const std::vector<MaintenanceWindow> not_at_night{deny("0 22 * * *", hours(8))};
  const struct {
    Instant now;
    bool open;
  } cases[] = {
      {at("2026-12-31T21:59:59.999Z"), false},
      {at("2026-12-31T22:00Z"), true},
      {at("2026-12-31T23:59:59.999Z"), true},
      {at("2027-01-01T00:00Z"), true},  // over midnight, month and year
      {at("2027-01-01T05:59:59.999Z"), true},
      {at("2027-01-01T06:00Z"), false},
      {at("2028-02-29T00:30Z"), true},
      {at("2028-02-29T12:00Z"), false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(windows_allow(night, c.now), c.open) << to_iso(c.now);
    EXPECT_EQ(windows_allow(not_at_night, c.now), !c.open) << to_iso(c.now);
  }
}

TEST(MaintenanceWindows, SayWhenTheyOpenNext) {
  const auto night = allow("0 22 * * *", hours(8));
  const auto first = deny("0 0 1 * *", hours(24));
  const Instant noon = at("2026-11-23T12:00Z");
  const struct {
    const char* name;
    std::vector<MaintenanceWindow> windows;
    Instant now;
    std::optional<Instant> opens;
  } cases[] = {
      {"no window at all", {}, noon, noon},
      {"tonight", {night}, noon, at("2026-11-23T22:00Z")},
      {"open now", {night}, at("2026-11-23T23:00Z"), at("2026-11-23T23:00Z")},
      {"its last instant", {night}, at("2026-11-23T05:59:59.999Z"), at("2026-11-23T05:59:59.999Z")},
      {"a moment after it", {night}, at("2026-11-23T06:00Z"), at("2026-11-23T22:00Z")},
      {"a moment before it", {night}, at("2026-11-23T21:59:59.999Z"), at("2026-11-23T22:00Z")},
      {"the end of what denies", {first}, at("2026-12-01T10:00Z"), at("2026-12-02T00:00Z")},
      {"denied in the night", {night, first}, at("2026-11-30T23:59Z"), at("2026-11-30T23:59Z")},
      {"and all of the day", {night, first}, at("2026-12-01T00:00Z"), at("2026-12-02T00:00Z")},
      {"two that deny, one behind the other",
       {first, deny("0 23 * * *", hours(3))},
       at("2026-12-01T10:00Z"),
       at("2026-12-02T02:00Z")},
      {"always denied", {night, deny("* * * * *", minutes(2))}, noon, std::nullopt},
      {"never allowed", {allow("* * * * *", Millis(0))}, noon, std::nullopt},
      {"a leap day, too far", {allow("0 0 29 2 *", hours(1))}, noon, std::nullopt},
      {"a leap day, near",
       {allow("0 0 29 2 *", hours(1))},
       at("2027-12-01T00:00Z"),
       at("2028-02-29T00:00Z")},
      {"one that can't be read", {night, allow("at night", hours(1))}, noon, std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(windows_open_at(c.windows, c.now), c.opens) << c.name;
}

// Nothing is allowed between now and the moment that is told, and at it something is.
RC_GTEST_PROP(MaintenanceWindows, no_earlier_moment_is_open, ()) {
  const auto draw = [](bool denies) {
    const int hour = *rc::gen::inRange(0, 24), minute = *rc::gen::inRange(0, 60);
    return MaintenanceWindow{denies, fmt::format("{} {} * * *", minute, hour),
                             minutes(*rc::gen::inRange(1, 900))};
  };
  const std::vector<MaintenanceWindow> windows{draw(false), draw(true), draw(true)};
  const Instant now = at("2026-11-23T12:00Z") + minutes(*rc::gen::inRange(0, 1440));
  const auto opens = windows_open_at(windows, now);
  const Instant until = opens.value_or(now + hours(48));
  for (Instant t = now; t < until; t += minutes(1)) RC_ASSERT(!windows_allow(windows, t));
  if (opens) RC_ASSERT(windows_allow(windows, *opens));
}

TEST(MaintenanceWindows, OneThatIsNeverOpenAllowsAndDeniesNothing) {
  const Instant now = at("2026-11-23T12:00Z");
  for (Millis none : {Millis(0), Millis(-1), Millis(hours(-8))}) {
    EXPECT_FALSE(windows_allow({allow("* * * * *", none)}, now)) << none.count();
    EXPECT_TRUE(windows_allow({deny("* * * * *", none)}, now)) << none.count();
  }
  EXPECT_TRUE(windows_allow({allow("* * * * *", minutes(1))}, now));
}

TEST(MaintenanceWindows, OneThatCanNotBeReadForbidsWhereverItStands) {
  const Instant now = at("2026-11-23T12:00Z");
  const MaintenanceWindow open = allow("* * * * *", hours(1)), closed = deny("0 0 * * *", hours(1));
  for (const char* broken : {"", "* * * *", "@daily", "99 * * * *", "0 0 31 feb *"})
    for (const MaintenanceWindow& unread : {allow(broken, hours(1)), deny(broken, hours(1))}) {
      EXPECT_FALSE(windows_allow({unread}, now)) << broken;
      EXPECT_FALSE(windows_allow({open, unread, closed}, now)) << broken;
      EXPECT_FALSE(windows_allow({unread, open}, now)) << broken;
    }
  EXPECT_TRUE(windows_allow({open, closed}, now)) << "or the broken ones showed nothing";
}

rc::Gen<MaintenanceWindow> any_window() {
  return rc::gen::apply(
      [](bool denies, std::string cron, int length) {
        return MaintenanceWindow{denies, std::move(cron), minutes(length)};
      },
      rc::gen::weightedElement<bool>({{2, false}, {1, true}}),
      rc::gen::element<std::string>("0 22 * * *", "*/30 8-18 * * mon-fri", "0 0 1 * *",
                                    "15 3 * * sun", "0 12 29 2 *"),
      rc::gen::inRange(0, 3 * 24 * 60));
}

rc::Gen<Instant> any_time() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 3LL * 366 * 24 * 60 * 60 * 1000),
                      [](std::int64_t ms) { return instant_of_ms(1'767'225'600'000 + ms); });
}

RC_GTEST_PROP(WindowsLaw, is_open_by_some_allow_and_no_deny, ()) {
  const auto windows = *rc::gen::container<std::vector<MaintenanceWindow>>(any_window());
  const Instant now = *any_time();
  bool allows = true, allowed = false, denied = false;
  for (const MaintenanceWindow& w : windows) {
    const bool open = in_window(Cron::parse(w.cron).value(), w.duration, now);
    if (w.deny) denied = denied || open;
    if (!w.deny) allowed = allowed || open, allows = false;
  }
  RC_CLASSIFY(denied, "denied");
  RC_CLASSIFY(allowed && !denied, "allowed");
  RC_ASSERT(windows_allow(windows, now) == (!denied && (allowed || allows)));
}

RC_GTEST_PROP(WindowsLaw, their_order_and_saying_one_twice_change_nothing, ()) {
  const auto windows = *rc::gen::container<std::vector<MaintenanceWindow>>(any_window());
  const Instant now = *any_time();
  auto turned = windows;
  std::ranges::reverse(turned);
  turned.insert(turned.end(), windows.begin(), windows.end());
  RC_ASSERT(windows_allow(turned, now) == windows_allow(windows, now));
}

RC_GTEST_PROP(WindowsLaw, one_more_deny_never_opens_and_one_more_allow_never_closes_an_open_one,
              ()) {
  const auto windows = *rc::gen::container<std::vector<MaintenanceWindow>>(any_window());
  const Instant now = *any_time();
  auto more = windows;
  more.push_back(*any_window());
  const bool before = windows_allow(windows, now), after = windows_allow(more, now);
  if (more.back().deny) {
    RC_ASSERT(before || !after);
  } else if (std::ranges::any_of(windows, [](const auto& w) { return !w.deny; })) {
    RC_ASSERT(!before || after);
  }
}

TEST(OutsideHours, SaysFromWhenOn) {
  const std::vector<MaintenanceWindow> nights{{false, "0 2 * * *", std::chrono::hours(2)}};
  const auto t = [](const char* text) { return *parse_instant(text); };
  EXPECT_EQ(outside_hours({}, t("2026-03-01T12:00Z")), "") << "none declared: always";
  EXPECT_EQ(outside_hours(nights, t("2026-03-01T02:00Z")), "");
  EXPECT_EQ(outside_hours(nights, t("2026-03-01T04:00Z")),
            "streaming has to stand for it, which it may from 2026-03-02T02:00Z on");
  EXPECT_EQ(outside_hours({{false, "no cron", std::chrono::hours(2)}}, t("2026-03-01T04:00Z")),
            "streaming has to stand for it, which the pipeline's windows never allow");
}

}  // namespace
}  // namespace henge::reconcile
