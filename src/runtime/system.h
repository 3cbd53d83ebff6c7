// What only the operating system knows: the environment and true randomness. Everything else is
// told such things as values.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace henge::runtime {

// Nothing if it is not set.
std::optional<std::string> environment_variable(const std::string& name);

// user@host of this process, for records of who did what.
std::string who_am_i();

// `digits` random hexadecimal digits, from the system's generator: for names that must not repeat,
// not for keys.
std::string random_hex(int digits);

// For a simulation, whose chance follows from a seed: asked instead of the system's generator on
// this thread, until it is taken back by an empty one.
void on_random_hex(std::function<std::string(int digits)> asked);

}  // namespace henge::runtime
