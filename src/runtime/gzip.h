// Bodies that arrive compressed, inflated block by block.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "model/result.h"

namespace henge::runtime {

enum class GzipMembers {
  one,      // a body; what follows it is not looked at
  several,  // a file, which may be several of them one after the other
};

class Inflater {
 public:
  explicit Inflater(GzipMembers members = GzipMembers::one);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // What the next bytes inflate to. Errors: corrupt; refused when more than `bytes_max` would come
  // out in all.
  Result<std::string> put(std::string_view bytes, std::size_t bytes_max);
  // Everything that was begun was ended; more may follow in a file of several.
  [[nodiscard]] bool done() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One whole gzip member.
std::string gzip(std::string_view plain);

}  // namespace henge::runtime
