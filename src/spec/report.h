// Collects what is wrong with one file, each mistake with its place and field path.
#pragma once

#include <string>
#include <vector>

#include "model/diagnostic.h"
#include "spec/view.h"

namespace henge::spec {

class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  // The rule's code decides between error and warning (rules.h). The place is the value's, or the
  // parent's if it is absent.
  void add(std::string_view code, const View& at, std::string message, std::string hint);
  // The same at the field's name instead of its value.
  void add_at_key(std::string_view code, const View& at, std::string message, std::string hint);
  void add_all(std::vector<Diagnostic> more);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  // Whether an error was added after the first `size` entries.
  [[nodiscard]] bool has_errors_since(std::size_t size) const;
  // Everything in the order of the file.
  std::vector<Diagnostic> take() &&;

 private:
  void put(std::string_view code, Position at, const std::string& path, std::string message,
           std::string hint);

  std::string file_;
  std::vector<Diagnostic> all_;
};

}  // namespace henge::spec
