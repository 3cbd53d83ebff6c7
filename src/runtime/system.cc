#include "runtime/system.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>

namespace henge::runtime {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string who_am_i() {
  // The password database knows a user whom cron or a container gave no environment.
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  std::string user = std::to_string(getuid());
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    user = found->pw_name;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return user;
  return user + "@" + host.data();
}

namespace {
thread_local std::function<std::string(int)> drawn_elsewhere;
}  // namespace

void on_random_hex(std::function<std::string(int digits)> asked) {
  drawn_elsewhere = std::move(asked);
}

std::string random_hex(int digits) {
  if (drawn_elsewhere) return drawn_elsewhere(digits);
  std::random_device device;
  std::string text;
  for (int i = 0; i < digits; ++i) text += "0123456789abcdef"[device() % 16];
  return text;
}

}  // namespace henge::runtime
