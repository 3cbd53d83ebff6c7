// Tables for people: columns line up, numbers to the right, and on a narrow terminal the less
// important gives way to the more important.
#pragma once

#include <string>
#include <vector>

#include "cli/style.h"

namespace henge::cli {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  // 0 stays; of the others the largest goes first when there is no room for all.
  int drop_rank = 0;
  // How narrow its texts may be cut, with …; 0: never cut (numbers, states).
  int columns_min = 0;
};

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns. Texts are made safe to show.
  void add(std::vector<Cell> row);
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  // Lines, each with its newline; titles first, and a last line naming the columns that had no
  // room. `columns` 0: as wide as needed. A table whose fixed columns are wider than the terminal
  // stays whole and wraps: numbers are never cut.
  [[nodiscard]] std::string render(int columns, const Style& style) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace henge::cli
