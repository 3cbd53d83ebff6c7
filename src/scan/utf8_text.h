// Bytes as Java reads them into a String: what is no UTF-8 becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace henge::scan {

// The text in UTF-8; a surrogate's three bytes become one U+FFFD, as in String(bytes, UTF_8) of
// Java 17.
std::string java_string(std::string_view bytes);

}  // namespace henge::scan
