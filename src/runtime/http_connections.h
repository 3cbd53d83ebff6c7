// Connections the client keeps, by origin: at most so many at a time, the youngest idle one first.
#pragma once

#include <list>
#include <map>
#include <set>

#include "runtime/semaphore.h"
#include "runtime/stream.h"

namespace henge::runtime {

struct Connection {
  std::string key;
  std::unique_ptr<Stream> stream;  // null: to be opened by who took the place
  bool reused = false;
  Semaphore::Permit permit;
};

class Connections {
 public:
  Connections(int per_origin_max, Millis idle_max);

  // A place, with an idle connection if there is a usable one and the caller may have it. Errors:
  // unavailable (no place in time), cancelled.
  Async<Connection> take(std::string key, bool may_reuse, Millis timeout);
  // Remembers an opened stream, so that stop() can close it.
  void opened(const Connection& connection);
  void give_back(Connection connection, bool keep);
  // Closes all, those in use as well: their operations end.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  struct Idle {
    std::unique_ptr<Stream> stream;
    Millis since;
  };
  struct Origin {
    explicit Origin(int places) : semaphore(places) {}
    Semaphore semaphore;
    std::list<Idle> idle;  // youngest last
  };

  std::unique_ptr<Stream> pick(Origin& origin);

  int per_origin_max_;
  Millis idle_max_;
  std::map<std::string, Origin> origins_;
  std::set<Stream*> in_use_;
  bool stopped_ = false;
};

}  // namespace henge::runtime
