// Which known name a person probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace henge::spec {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other; case, -
// and _ do not count.
std::size_t edit_distance(std::string_view a, std::string_view b);
// The nearest of the known names if it is near enough to be meant: a third of its length, at least
// one edit.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known);
// Did you mean x? - or, where nothing is near, the names there are.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace henge::spec
