// The comparisons that filters are made of, as Druid makes them on a row that was just read: what a
// value is compared as depends on its JSON type.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace henge::scan {

// Null makes most comparisons unknown: neither they nor their negation hold.
enum class Match { no, yes, unknown };

// A comparison, for each type that a value of a row may have.
class Predicate {
 public:
  virtual ~Predicate() = default;
  [[nodiscard]] virtual Match of_null() const = 0;
  [[nodiscard]] virtual bool of_text(std::string_view row) const = 0;
  [[nodiscard]] virtual bool of_long(std::int64_t row) const = 0;
  [[nodiscard]] virtual bool of_double(double row) const = 0;
};

enum class ValueType { text, integer, decimal };

// A value of a filter in the type that the filter names.
struct Typed {
  ValueType type = ValueType::text;
  std::string text;  // of all types, in Java's way
  std::int64_t integer = 0;
  double decimal = 0;
};

struct Bounds {
  std::optional<Typed> lower;
  std::optional<Typed> upper;
  bool lower_open = false;
  bool upper_open = false;

  // Whether both bounds hold; compare(bound) is below 0 where the row's value is below the bound.
  template <typename Compare>
  [[nodiscard]] bool hold(Compare compare) const {
    if (lower && (lower_open ? compare(*lower) <= 0 : compare(*lower) < 0)) return false;
    return !upper || (upper_open ? compare(*upper) < 0 : compare(*upper) <= 0);
  }
};

// selector, in and inType: texts that stand for numbers where the row has a number; for inType of
// numbers, a row's text stands for a number.
class InSet : public Predicate {
 public:
  void add(const std::optional<std::string>& value);
  void add(const Typed& value);
  [[nodiscard]] Match of_null() const override { return has_null_ ? Match::yes : Match::unknown; }
  [[nodiscard]] bool of_text(std::string_view row) const override;
  [[nodiscard]] bool of_long(std::int64_t row) const override { return longs_.contains(row); }
  [[nodiscard]] bool of_double(double row) const override;

 private:
  ValueType type_ = ValueType::text;
  bool has_null_ = false;
  std::set<std::string, std::less<>> texts_;
  std::set<std::int64_t> longs_;
  std::vector<double> doubles_;
};

class IsNull : public Predicate {
 public:
  [[nodiscard]] Match of_null() const override { return Match::yes; }
  [[nodiscard]] bool of_text(std::string_view) const override { return false; }
  [[nodiscard]] bool of_long(std::int64_t) const override { return false; }
  [[nodiscard]] bool of_double(double) const override { return false; }
};

class Equals : public Predicate {
 public:
  explicit Equals(Typed value);
  [[nodiscard]] Match of_null() const override { return Match::unknown; }
  [[nodiscard]] bool of_text(std::string_view row) const override;
  [[nodiscard]] bool of_long(std::int64_t row) const override { return as_long_ == row; }
  [[nodiscard]] bool of_double(double row) const override;

 private:
  Typed value_;
  std::optional<double> as_double_;
  std::optional<std::int64_t> as_long_;
};

class Range : public Predicate {
 public:
  Range(Bounds bounds, ValueType type) : bounds_(std::move(bounds)), type_(type) {}
  [[nodiscard]] Match of_null() const override { return Match::unknown; }
  [[nodiscard]] bool of_text(std::string_view row) const override;
  [[nodiscard]] bool of_long(std::int64_t row) const override;
  [[nodiscard]] bool of_double(double row) const override;

 private:
  Bounds bounds_;
  ValueType type_;
};

// The older form of a range: bounds are texts, and null lies below all of them.
class Bound : public Predicate {
 public:
  Bound(Bounds bounds, bool numeric) : bounds_(std::move(bounds)), numeric_(numeric) {}
  [[nodiscard]] Match of_null() const override { return bounds_.lower ? Match::no : Match::yes; }
  [[nodiscard]] bool of_text(std::string_view row) const override;
  [[nodiscard]] bool of_long(std::int64_t row) const override;
  [[nodiscard]] bool of_double(double row) const override;

 private:
  Bounds bounds_;
  bool numeric_;
};

// Whether a text is the word, in upper or lower case. `word` is in lower case.
bool is_word(std::string_view text, std::string_view word);

}  // namespace henge::scan
