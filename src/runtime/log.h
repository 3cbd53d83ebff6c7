// The program's log: one line an event on stderr, as text for people or as JSON for machines. Safe
// from any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "model/time.h"

namespace henge::runtime {

enum class LogLevel { debug, info, warning, error, off };
enum class LogFormat { text, json };

struct LogField {
  std::string_view key;
  std::string value;
};

// May be called again (SIGHUP). Before the first call: info, text.
void log_setup(LogLevel level, LogFormat format);
// Errors: invalid, names the choices.
Result<LogLevel> parse_log_level(std::string_view text);

// `message` is a constant sentence, what varies is in the fields. The value of a field whose key
// speaks of a password, secret, token or authorization is never written.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
inline void log(LogLevel level, std::string_view message) {
  log(level, message, {});
}

// The line without its end, as log() writes it.
std::string log_line(LogFormat format, Instant now, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields);

}  // namespace henge::runtime
