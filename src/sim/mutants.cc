#include "sim/mutants.h"

#include <array>

namespace henge::sim {
namespace {
constexpr std::array<MutantKind, 0> kinds{};
}  // namespace

struct Mutant::Memory {};

Mutant::Mutant(std::string name) : name_(std::move(name)), memory_(std::make_unique<Memory>()) {}
Mutant::~Mutant() = default;

std::span<const MutantKind> all_mutants() {
  return kinds;
}

void Mutant::put_into(Machine&) {}

}  // namespace henge::sim
