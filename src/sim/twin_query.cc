#include "sim/twin_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/sql_words.h"
#include "sim/twin_json.h"

namespace henge::sim {
namespace {

using Kind = SqlWord::Kind;

tl::unexpected<Error> unknown(const std::string& what) {
  return fail(ErrorKind::invalid, fmt::format("the twin does not know this: {}", what));
}

// TIMESTAMP '2026-01-02 03:00:00'
Result<Instant> moment(SqlReader& sql) {
  TRY_VOID(sql.expect("TIMESTAMP"));
  TRY(std::string text, sql.text());
  std::ranges::replace(text, ' ', 'T');
  return parse_instant(text + "Z");
}

// An expression of one value as its words, joined by spaces; names in quotes. Brackets and CASE END
// balance.
std::string value_of(SqlReader& sql) {
  static constexpr std::string_view ends[] = {"AS", "AND", "OR", "IS", "IN",  "=",
                                              ">=", "<",   ",",  ")",  "FROM"};
  std::string out;
  int depth = 0;
  while (sql.next().kind != Kind::end) {
    const SqlWord& word = sql.next();
    const bool plain = word.kind == Kind::plain || word.kind == Kind::sign;
    if (plain && depth == 0 && std::ranges::find(ends, word.value) != std::ranges::end(ends)) break;
    if (plain && (word.value == "(" || word.value == "CASE")) ++depth;
    if (plain && (word.value == ")" || word.value == "END")) --depth;
    if (!out.empty()) out += ' ';
    if (word.kind == Kind::name) out += '"' + word.value + '"';
    if (word.kind == Kind::text) out += '\'' + word.value + '\'';
    if (word.kind != Kind::name && word.kind != Kind::text) out += word.value;
    sql.take();
  }
  return out;
}

// Ranges of the time; whether rows without a time are among what is kept.
struct Times {
  std::string expression;
  std::vector<Interval> intervals;
  bool without = false;
};

// (t >= A AND t < B) OR (...) OR t IS NULL
Result<Times> times(SqlReader& sql) {
  Times out;
  do {
    if (!sql.skip("(")) {
      out.without = value_of(sql) == out.expression;
      TRY_VOID(sql.expect("IS NULL"));
      continue;
    }
    out.expression = value_of(sql);
    TRY_VOID(sql.expect(">="));
    TRY(const Instant start, moment(sql));
    TRY_VOID(sql.expect("AND"));
    if (value_of(sql) != out.expression) return unknown("two times");
    TRY_VOID(sql.expect("<"));
    TRY(const Instant end, moment(sql));
    TRY_VOID(sql.expect(")"));
    out.intervals.push_back({start, end});
  } while (sql.skip("OR"));
  return out;
}

Result<Json> condition(SqlReader& sql);

// One of them, or several in brackets joined by AND or OR.
Result<Json> conditions(SqlReader& sql) {
  TRY(Json first, condition(sql));
  const char* by = sql.next().value == "AND" ? "AND" : "OR";
  Json fields = Json::array({std::move(first)});
  while (sql.skip(by)) {
    TRY(Json more, condition(sql));
    fields.push_back(std::move(more));
  }
  if (fields.size() == 1) return fields[0];
  return Json{{"type", std::string(by) == "AND" ? "and" : "or"}, {"fields", std::move(fields)}};
}

Result<Json> condition(SqlReader& sql) {
  if (sql.skip("NOT")) {
    TRY(Json field, condition(sql));
    return Json{{"type", "not"}, {"field", std::move(field)}};
  }
  if (sql.skip("(")) {
    TRY(Json within, conditions(sql));
    TRY_VOID(sql.expect(")"));
    return within;
  }
  TRY(const std::string column, sql.name());
  if (sql.skip("IS")) {
    TRY_VOID(sql.expect("NULL"));
    return Json{{"type", "null"}, {"column", column}};
  }
  if (sql.skip("=")) {
    TRY(const std::string value, sql.text());
    return Json{{"type", "selector"}, {"dimension", column}, {"value", value}};
  }
  TRY_VOID(sql.expect("IN ("));
  Json values = Json::array();
  do {
    TRY(std::string value, sql.text());
    values.push_back(std::move(value));
  } while (sql.skip(","));
  TRY_VOID(sql.expect(")"));
  return Json{{"type", "in"}, {"dimension", column}, {"values", std::move(values)}};
}

// The forms in which a time is read, by what Druid's batch tasks call the format.
Result<Json> timestamp_of(const std::string& expression) {
  const auto quote = expression.find('"');
  const std::string column =
      quote == std::string::npos
          ? ""
          : expression.substr(quote + 1, expression.find('"', quote + 1) - quote - 1);
  const std::string name = '"' + column + '"';
  const std::map<std::string, std::string> forms = {
      {fmt::format("MILLIS_TO_TIMESTAMP ( {} )", name), "millis"},
      {fmt::format("MILLIS_TO_TIMESTAMP ( {} * 1000 )", name), "posix"},
      {fmt::format("TIME_PARSE ( {} )", name), "iso"},
      {fmt::format("CASE WHEN REGEXP_LIKE ( {0} , '^[0-9]+$' ) THEN MILLIS_TO_TIMESTAMP ( CAST ( "
                   "{0} AS BIGINT ) ) ELSE TIME_PARSE ( {0} ) END",
                   name),
       "auto"},
  };
  const auto known = forms.find(expression);
  if (known == forms.end()) return unknown(expression);
  return Json{{"column", column}, {"format", known->second}};
}

struct Select {
  std::string time;
  Json dimensions = Json::array();
  Json metrics = Json::array();
};

// COUNT(*), SUM("x"): what it is natively depends on the column's type, which is not needed here.
Result<Json> metric(const std::string& expression, const std::string& name) {
  if (expression == "COUNT ( * )") return Json{{"type", "count"}, {"name", name}};
  for (const auto& [function, type] :
       std::map<std::string, std::string>{{"SUM", "Sum"}, {"MIN", "Min"}, {"MAX", "Max"}}) {
    const std::string begin = function + " ( \"";
    if (!expression.starts_with(begin) || !expression.ends_with("\" )")) continue;
    return Json{
        {"type", "long" + type},
        {"name", name},
        {"fieldName", expression.substr(begin.size(), expression.size() - begin.size() - 3)}};
  }
  return unknown(expression);
}

Result<Select> select_of(SqlReader& sql) {
  Select out;
  do {
    std::string value = value_of(sql);
    if (!sql.skip("AS")) {
      if (value.size() < 3 || value.front() != '"') return unknown(value);
      out.dimensions.push_back(value.substr(1, value.size() - 2));
      continue;
    }
    TRY(const std::string name, sql.name());
    if (name != "__time") {
      TRY(Json one, metric(value, name));
      out.metrics.push_back(std::move(one));
      continue;
    }
    const std::string_view floor = "TIME_FLOOR ( ";
    if (value.starts_with(floor))
      value = value.substr(floor.size(), value.rfind(" , ") - floor.size());
    out.time = value;
  } while (sql.skip(","));
  return out;
}

struct Outside {
  Json source;
  Json format;
};

// TABLE(EXTERN(source, format, signature))
Result<Outside> outside(SqlReader& sql) {
  TRY_VOID(sql.expect("TABLE ( EXTERN ("));
  Json parts[3];
  for (Json& part : parts) {
    if (&part != parts) TRY_VOID(sql.expect(","));
    TRY(const std::string text, sql.text());
    TRY(part, parse_json(text));
  }
  TRY_VOID(sql.expect(") )"));
  if (!parts[2].is_array()) return unknown("a signature");
  return Outside{std::move(parts[0]), std::move(parts[1])};
}

// Every column that is not counted up stands in it, by its place.
Result<void> groups(SqlReader& sql, const Select& select) {
  TRY_VOID(sql.expect("GROUP BY"));
  std::size_t last = 0;
  do {
    if (sql.take().value != std::to_string(++last)) return unknown("an order of groups");
  } while (sql.skip(","));
  if (last != select.dimensions.size() + 1)
    return fail(ErrorKind::invalid, "Expression is not being grouped");
  return {};
}

struct Statement {
  std::string datasource;
  Times overwrites;
  Select select;
  Outside from;
  Times where;
  Json filter;
  std::string partitioned;
};

Result<Statement> statement_of(SqlReader& sql) {
  Statement out;
  TRY_VOID(sql.expect("REPLACE INTO"));
  TRY(out.datasource, sql.name());
  TRY_VOID(sql.expect("OVERWRITE WHERE"));
  TRY(out.overwrites, times(sql));
  TRY_VOID(sql.expect("SELECT"));
  TRY(out.select, select_of(sql));
  TRY_VOID(sql.expect("FROM"));
  TRY(out.from, outside(sql));
  TRY_VOID(sql.expect("WHERE ("));
  TRY(out.where, times(sql));
  TRY_VOID(sql.expect(")"));
  if (sql.skip("AND")) {
    TRY(out.filter, condition(sql));
  }
  TRY_VOID(groups(sql, out.select));
  TRY_VOID(sql.expect("PARTITIONED BY TIME_FLOOR ( __time ,"));
  TRY(out.partitioned, sql.text());
  TRY_VOID(sql.expect(") CLUSTERED BY"));
  do {
    TRY_VOID(sql.name());
  } while (sql.skip(","));
  if (sql.next().kind != Kind::end) return unknown(sql.next().value);
  return out;
}

Result<Json> schema_of(const Statement& sql) {
  if (sql.overwrites.expression != "__time" || sql.overwrites.intervals != sql.where.intervals)
    return fail(ErrorKind::invalid, "InsertTimeOutOfBounds: rows outside of what is replaced");
  if (sql.where.expression != sql.select.time) return unknown("two times");
  TRY(Json timestamp, timestamp_of(sql.select.time));
  Json intervals = Json::array();
  for (const Interval& one : sql.where.intervals) intervals.push_back(to_iso(one));
  TRY(const Granularity chunk, parse_granularity(sql.partitioned));
  Json schema = {{"dataSource", sql.datasource},
                 {"timestampSpec", std::move(timestamp)},
                 {"dimensionsSpec", {{"dimensions", sql.select.dimensions}}},
                 {"metricsSpec", sql.select.metrics},
                 {"granularitySpec",
                  {{"segmentGranularity", to_string(chunk)},
                   {"rollup", true},
                   {"intervals", std::move(intervals)}}}};
  if (!sql.filter.is_null()) schema["transformSpec"] = {{"filter", sql.filter}};
  return schema;
}

Result<IndexSpec> index_of(const Statement& sql, const Json& context) {
  TRY(const Json schema, schema_of(sql));
  IndexSpec out;
  out.mode = BatchMode::replace;
  TRY(out.input, input_of(sql.from.source));
  TRY(RowGate gate, RowGate::compile(schema.dump(), sql.from.format.dump()));
  out.gate = std::make_shared<RowGate>(std::move(gate));
  // A row that is none, or has no time, makes the task fail where both are asked for.
  const bool all = number_at(context, "maxParseExceptions", -1) == 0 && sql.where.without;
  out.parse_exceptions_max = all ? 0 : 2147483647;
  return out;
}

}  // namespace

Result<TaskSpec> read_query_task(const JsonText& request) {
  TRY(const Json body, parse_json(request.text));
  const Json& context = at(body, "context");
  TRY(auto words, sql_words(text_at(body, "query")));
  SqlReader sql(std::move(words));
  TRY(const Statement statement, statement_of(sql));
  TaskSpec out;
  out.id = "query-" + text_at(context, "sqlQueryId");
  out.type = "query_controller";
  out.datasource = statement.datasource;
  out.priority = static_cast<int>(number_at(context, "priority", 50));
  out.concurrent_locks = flag_at(context, "useConcurrentLocks", false);
  const std::int64_t tasks = number_at(context, "maxNumTasks", 2);
  if (tasks < 2)
    return fail(ErrorKind::invalid,
                fmt::format("MSQ context maxNumTasks [{}] cannot be less than 2, since at least 1 "
                            "controller and 1 worker is necessary",
                            tasks));
  out.workers = static_cast<int>(tasks - 1);
  TRY(IndexSpec work, index_of(statement, context));
  out.work = std::move(work);
  return out;
}

}  // namespace henge::sim
