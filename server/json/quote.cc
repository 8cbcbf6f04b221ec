#include "server/json/quote.h"

#include <nlohmann/json.hpp>

namespace resultgate::json {

std::string Quote(absl::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace resultgate::json
