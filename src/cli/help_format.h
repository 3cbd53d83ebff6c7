// How --help is set: flags on the left, what they do beside them, as wide as the terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace henge::cli {

class HelpFormat : public CLI::Formatter {
 public:
  // Lines are at most so wide where their words allow it; 0: each text is one line.
  void columns(int columns) { columns_ = columns; }

  [[nodiscard]] std::string make_option(const CLI::Option* option,
                                        bool is_positional) const override;
  // Its value and whether it must be there; not what it needs or excludes, which its text says.
  [[nodiscard]] std::string make_option_opts(const CLI::Option* option) const override;
  [[nodiscard]] std::string make_subcommand(const CLI::App* command) const override;

 private:
  [[nodiscard]] std::string row(const std::string& name, const std::string& text) const;

  int columns_ = 0;
};

}  // namespace henge::cli
