// Bugs that are put in on purpose, between henge and its doors, to see that the simulation finds
// them. Production code knows nothing of them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/process.h"

namespace henge::sim {

struct MutantKind {
  std::string_view name;
  std::string_view bug;  // one sentence
};
std::span<const MutantKind> all_mutants();

// The bug of that name; none if it is empty. Keeps what its wrappers need over the lives of henge.
class Mutant {
 public:
  explicit Mutant(std::string name);
  ~Mutant();
  Mutant(const Mutant&) = delete;
  Mutant& operator=(const Mutant&) = delete;

  void put_into(Machine& machine);

  struct Memory;  // of mutants.cc alone

 private:
  std::string name_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace henge::sim
