#include "cli/help_format.h"

#include "cli/text_width.h"

namespace henge::cli {

// Names stand two columns in. One that is too long has its text on the next line.
std::string HelpFormat::row(const std::string& name, const std::string& text) const {
  const int left = static_cast<int>(get_column_width());
  std::string out = "  " + name;
  if (text.empty()) return out + "\n";
  if (display_columns(out) >= left)
    out += "\n" + std::string(get_column_width(), ' ');
  else
    out = pad_right(out, left);
  return out + wrapped(text, columns_, left, left) + "\n";
}

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  return row(make_option_name(option, is_positional) + make_option_opts(option),
             make_option_desc(option));
}

std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  std::string out;
  if (option->get_type_size() == 0) return out;
  if (const std::string type = option->get_type_name(); !type.empty()) out += " " + type;
  if (const std::string by_default = option->get_default_str(); !by_default.empty())
    out += "=" + by_default;
  if (option->get_expected_max() == CLI::detail::expected_max_vector_size) out += " ...";
  if (option->get_required()) out += " " + get_label("REQUIRED");
  return out;
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return row(command->get_name(), command->get_description());
}

}  // namespace henge::cli
