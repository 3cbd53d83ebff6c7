#include "spec/load.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "spec/rules.h"
#include "spec/yaml_tree.h"

namespace henge::spec {
namespace {

namespace fs = std::filesystem;

Diagnostic about_file(std::string_view code, const std::string& path, std::string message,
                      std::string hint) {
  return {rule(code).severity, {path, 0, 0},    "",
          std::move(message),  std::move(hint), std::string(code)};
}

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

// All pipeline files below a folder, sorted by path.
std::vector<std::string> files_below(const std::string& folder,
                                     std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error), end;
  while (!error && at != end) {
    std::error_code ignored;  // a link to nothing is no regular file
    if (is_hidden(at->path()))
      at.disable_recursion_pending();
    else if (is_yaml(at->path()) && at->is_regular_file(ignored))
      files.push_back(at->path().string());
    at.increment(error);
  }
  if (error) {
    diagnostics.push_back(
        about_file("unreadable", folder, "the folder cannot be read: " + error.message(), ""));
  } else if (files.empty()) {
    diagnostics.push_back(
        about_file("no_files", folder, "no *.yaml or *.yml file in this folder", ""));
  }
  std::ranges::sort(files);
  return files;
}

Result<std::string> read_stream(std::istream& in, std::size_t bytes_max) {
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(ErrorKind::unavailable, "reading failed");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max)
    return fail(ErrorKind::invalid, fmt::format("it is larger than {} bytes", bytes_max));
  return text;
}

void load_file(const std::string& path, StrayConfig stray, Loaded& loaded) {
  const std::size_t bytes_max = YamlLimits{}.bytes;
  const std::string name = path == "-" ? "<stdin>" : path;
  Result<std::string> text =
      path == "-" ? read_stream(std::cin, bytes_max) : read_text(path, bytes_max);
  if (!text) {
    loaded.diagnostics.push_back(
        about_file("unreadable", name, "the file cannot be read: " + text.error().message, ""));
    return;
  }
  ParsedFile parsed = parse_pipelines(name, *text, stray);
  std::ranges::move(parsed.pipelines, std::back_inserter(loaded.pipelines));
  std::ranges::move(parsed.loads, std::back_inserter(loaded.loads));
  std::ranges::move(parsed.diagnostics, std::back_inserter(loaded.diagnostics));
}

}  // namespace

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  std::error_code error;
  if (fs::is_directory(path, error)) return fail(ErrorKind::invalid, "it is a folder");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int why = errno;
    return fail(why == EACCES || why == EPERM ? ErrorKind::denied : ErrorKind::not_found,
                why == 0 ? "it cannot be opened" : std::strerror(why));
  }
  return read_stream(in, bytes_max);
}

Loaded load(const std::vector<std::string>& paths) {
  Loaded loaded;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path, error)) {
      load_file(path, StrayConfig::mistake, loaded);
      continue;
    }
    for (const std::string& file : files_below(path, loaded.diagnostics))
      load_file(file, StrayConfig::skipped, loaded);
  }
  std::ranges::move(find_duplicates(loaded.pipelines), std::back_inserter(loaded.diagnostics));
  std::ranges::move(find_load_mistakes(loaded.pipelines, loaded.loads),
                    std::back_inserter(loaded.diagnostics));
  return loaded;
}

}  // namespace henge::spec
