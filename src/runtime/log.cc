#include "runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "runtime/clock.h"

namespace henge::runtime {

namespace {

std::atomic<LogFormat> format_now = LogFormat::text;

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      return "off";
  }
  return "info";
}

spdlog::logger& logger() {
  static const auto shared = [] {
    auto made = std::make_shared<spdlog::logger>("henge",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *shared;
}

bool is_secret(std::string_view key) {
  for (const std::string_view word : {"password", "secret", "token", "authorization"}) {
    if (key.find(word) != std::string_view::npos) return true;
  }
  return false;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
}

void append_json(std::string& out, std::string_view key, std::string_view value) {
  out += out.size() > 1 ? ",\"" : "\"";
  append_escaped(out, key);
  out += "\":\"";
  append_escaped(out, value);
  out += '"';
}

// Plain where a reader can see its end, quoted else.
void append_text(std::string& out, std::string_view key, std::string_view value) {
  out += ' ';
  out += key;
  out += '=';
  const bool plain =
      !value.empty() && value.find_first_of(" \"=\n\r\t\\") == std::string_view::npos;
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  append_escaped(out, value);
  out += '"';
}

}  // namespace

void log_setup(LogLevel level, LogFormat format) {
  format_now = format;
  logger().set_level(level_of(level));
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::off}) {
    if (text == name_of(level)) return level;
  }
  if (text == "warn") return LogLevel::warning;
  return fail(ErrorKind::invalid,
              fmt::format("log level \"{}\": expected debug, info, warn, error or off", text));
}

std::string log_line(LogFormat format, Instant now, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string out;
  if (format == LogFormat::text) {
    out = fmt::format("{} {:<7} {}", to_iso(now), name_of(level), message);
    for (const LogField& field : fields)
      append_text(out, field.key, is_secret(field.key) ? "***" : field.value);
    return out;
  }
  out = "{";
  append_json(out, "time", to_iso(now));
  append_json(out, "level", name_of(level));
  append_json(out, "message", message);
  for (const LogField& field : fields)
    append_json(out, field.key, is_secret(field.key) ? "***" : field.value);
  out += '}';
  return out;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const auto wanted = level_of(level);
  if (!logger().should_log(wanted)) return;
  logger().log(wanted, "{}", log_line(format_now, SystemClock().now(), level, message, fields));
}

}  // namespace henge::runtime
