// Chance that is the same on every machine: a seed gives one sequence, whatever the standard
// library. Generator: xoshiro256** seeded by splitmix64 (public domain algorithms by Blackman and
// Vigna).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/time.h"

namespace henge::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed) {
    for (auto& word : state_) word = split(seed);
  }

  // A generator of its own for one part of the world: what it draws does not change what others
  // draw. The same parent seed and name give the same child, however much was drawn before.
  [[nodiscard]] Random fork(std::string_view name) const {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    std::uint64_t mixed = seed_ ^ std::rotl(hash, 23);
    return Random(split(mixed));
  }
  [[nodiscard]] Random fork(std::uint64_t number) const {
    std::uint64_t mixed = seed_ ^ std::rotl(number + 1, 41);
    return Random(split(mixed));
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t carried = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= carried;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // In [0, bound), each as likely; bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t rejected = (0 - bound) % bound;
    for (;;) {
      const std::uint64_t drawn = next();
      if (drawn >= rejected) return drawn % bound;
    }
  }
  // In [first, last], both included.
  std::int64_t between(std::int64_t first, std::int64_t last) {
    const auto size = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) + 1;
    return first + static_cast<std::int64_t>(size == 0 ? next() : below(size));
  }
  // In [first, last], both included.
  Millis between(Millis first, Millis last) { return Millis(between(first.count(), last.count())); }
  // In [0, 1), with 53 bits.
  double fraction() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  bool chance(double probability) { return fraction() < probability; }
  // A waiting time with that mean, exponential in steps that need no logarithm of a library: at
  // most 32 times the mean.
  Millis about(Millis mean) {
    const std::uint64_t bits = next() | 1U;
    const auto halvings = static_cast<std::int64_t>(std::countl_zero(bits));
    const auto within = static_cast<std::int64_t>((bits >> 8U) & 0xffffU);
    // ln 2 = 0.6931: each halving of what is left takes that part of the mean.
    const std::int64_t steps = std::min<std::int64_t>(halvings, 45) * 0x10000 + within;
    return Millis(mean.count() * steps / 0x10000 * 6931 / 10000);
  }
  template <typename T>
  const T& pick(std::span<const T> choices) {
    return choices[below(choices.size())];
  }

 private:
  static std::uint64_t split(std::uint64_t& state) {
    std::uint64_t mixed = (state += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace henge::sim
