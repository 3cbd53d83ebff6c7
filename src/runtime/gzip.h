// Bodies that arrive compressed, inflated block by block.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "model/result.h"

namespace henge::runtime {

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // What the next bytes inflate to. Errors: corrupt; refused when more than `bytes_max` would come
  // out in all.
  Result<std::string> put(std::string_view bytes, std::size_t bytes_max);
  [[nodiscard]] bool done() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One whole gzip member.
std::string gzip(std::string_view plain);

}  // namespace henge::runtime
