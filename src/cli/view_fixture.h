// For tests of views: consoles of several widths, and what is looked at in their answers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/text_width.h"

namespace henge::cli {

inline Console wide_console() {
  return {Output::table, Style(false), {true, 200}, {true, 200}};
}
inline Console narrow_console(int columns) {
  return {Output::table, Style(false), {true, columns}, {true, columns}};
}
inline Console json_console() {
  return {Output::json, Style(false), {}, {}};
}
inline Console coloured_console() {
  return {Output::table, Style(true), {true, 200}, {true, 200}};
}

inline std::vector<std::string> keys_of(const nlohmann::json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}

inline int widest_line(const std::string& text) {
  int widest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    widest = std::max(widest, display_columns(text.substr(at, end - at)));
    at = end + 1;
  }
  return widest;
}

}  // namespace henge::cli
