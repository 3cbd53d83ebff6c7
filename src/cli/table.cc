#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "cli/text_width.h"
#include "model/result.h"

namespace henge::cli {

namespace {

constexpr int gap = 2;

// A column that is shown, and how wide.
struct Shown {
  std::size_t index = 0;
  int width = 0;
};

int total_width(const std::vector<Shown>& shown) {
  const int gaps = gap * (static_cast<int>(shown.size()) - 1);
  return std::accumulate(shown.begin(), shown.end(), gaps,
                         [](int sum, const Shown& column) { return sum + column.width; });
}

// Takes the excess off the widest texts first, so that short ones stay whole.
void squeeze(std::vector<Shown>& shown, const std::vector<Column>& columns, int room) {
  while (total_width(shown) > room) {
    Shown* widest = nullptr;
    for (Shown& column : shown) {
      const int least = columns[column.index].columns_min;
      if (least == 0 || column.width <= least) continue;
      if (widest == nullptr || column.width > widest->width) widest = &column;
    }
    if (widest == nullptr) return;
    --widest->width;
  }
}

// Removes the column that matters least; false when all that are left must stay.
bool drop_least(std::vector<Shown>& shown, const std::vector<Column>& columns) {
  const auto least = std::ranges::max_element(
      shown, {}, [&columns](const Shown& column) { return columns[column.index].drop_rank; });
  if (least == shown.end() || columns[least->index].drop_rank == 0) return false;
  shown.erase(least);
  return true;
}

std::vector<Shown> lay_out(const std::vector<Column>& columns, const std::vector<int>& natural,
                           int room) {
  std::vector<Shown> kept;
  for (std::size_t i = 0; i < columns.size(); ++i)
    kept.push_back({.index = i, .width = natural[i]});
  if (room <= 0) return kept;
  while (true) {
    std::vector<Shown> squeezed = kept;
    squeeze(squeezed, columns, room);
    if (total_width(squeezed) <= room || !drop_least(kept, columns)) return squeezed;
  }
}

std::string aligned(const std::string& text, Align align, int width) {
  std::string fitting = shorten(text, width);
  return align == Align::right ? pad_left(std::move(fitting), width)
                               : pad_right(std::move(fitting), width);
}

// One line. Blanks at the end are left out, so that a narrow terminal does not wrap them.
std::string line_of(const std::vector<Cell>& cells, const std::vector<Column>& columns,
                    const std::vector<Shown>& shown, const Style& style) {
  std::string line;
  std::string blanks;
  for (const Shown& column : shown) {
    const Cell& cell = cells[column.index];
    const std::string text = aligned(cell.text, columns[column.index].align, column.width);
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos) {
      blanks += text;
    } else {
      const std::size_t end = text.find_last_not_of(' ') + 1;
      line += blanks + text.substr(0, first);
      line += style.paint(cell.tone, std::string_view(text).substr(first, end - first));
      blanks = text.substr(end);
    }
    blanks.append(gap, ' ');
  }
  return line + "\n";
}

std::string hidden_line(const std::vector<Column>& columns, const std::vector<Shown>& shown) {
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::ranges::any_of(shown, [i](const Shown& column) { return column.index == i; }))
      continue;
    names += (names.empty() ? "" : ", ") + columns[i].title;
  }
  return names.empty() ? "" : "no room for: " + names;
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  invariant(row.size() == columns_.size(), "a table's row has a cell for each column");
  for (Cell& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::string Table::render(int columns, const Style& style) const {
  std::vector<Cell> titles;
  std::vector<int> natural;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back({.text = columns_[i].title, .tone = Tone::strong});
    int width = display_columns(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_columns(row[i].text));
    natural.push_back(width);
  }
  const std::vector<Shown> shown = lay_out(columns_, natural, columns);
  std::string text = line_of(titles, columns_, shown, style);
  for (const auto& row : rows_) text += line_of(row, columns_, shown, style);
  const std::string hidden = hidden_line(columns_, shown);
  if (!hidden.empty()) {
    text += style.paint(Tone::faint, shorten(hidden, std::max(columns, 20))) + "\n";
  }
  return text;
}

}  // namespace henge::cli
