// Two kinds of failure, kept apart: a user's mistake (std::invalid_argument with a sentence for the user) and a bug of
// ours (std::logic_error with file and line).
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace bardana {

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Throws std::invalid_argument with the parts put together: a mistake of the user, in the user's words.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw std::invalid_argument(concat(parts...));
}

}  // namespace bardana

#define BARDANA_ASSERT(condition)                                                                      \
  do {                                                                                                 \
    if (!(condition)) {                                                                                \
      throw std::logic_error(                                                                          \
          ::bardana::concat("bardana internal error: ", #condition, " at ", __FILE__, ":", __LINE__)); \
    }                                                                                                  \
  } while (false)
