// The words of SQL as Druid reads them: names, texts, moments, and what is read from outside. For
// the .cc files of this folder only.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "model/granularity.h"
#include "spec/json_tree.h"

namespace henge::spec {

enum class MsqType { text, integer, decimal };

// The columns that a query reads, each with one type.
class MsqColumns {
 public:
  // Errors: invalid - read with another type already, or a name that can't be said.
  Result<void> read(const std::string& column, MsqType type);
  // [{"name":...,"type":...}] as EXTERN takes it.
  [[nodiscard]] Json signature() const;

 private:
  std::map<std::string, MsqType> columns_;
};

// Errors: invalid - not of printable ASCII: how SQL writes others in names was not looked into.
Result<void> check_column(const std::string& name);
std::string sql_name(std::string_view name);
// 'it''s'; what is not ASCII by its code, as in U&'\00e9'. Errors: invalid - no UTF-8.
Result<std::string> sql_literal(std::string_view text);
// TIMESTAMP '2026-01-02 03:00:00'
std::string sql_moment(Instant moment);
// PT1H; empty where a granularity is no period.
std::string iso_period(Granularity granularity);
// EXTERN(source, format, signature)
Result<std::string> sql_extern(const Json& source, const Json& format, const MsqColumns& columns);

}  // namespace henge::spec
