// Addresses that only this machine can reach. Pure functions, thread-safe.
#ifndef RESULTGATE_APP_ADDRESS_H_
#define RESULTGATE_APP_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::app {

// The host of `127.0.0.1:50051`, `localhost:0` or `[::1]:50051` where the port is from 0 to 65535; empty if `address` is none of
// that form.
std::string HostOf(absl::string_view address);

// True for `localhost`, 127.0.0.0/8 and ::1.
bool IsLoopback(absl::string_view host);

// `host:port`, a host with colons in brackets.
std::string Join(absl::string_view host, int port);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_ADDRESS_H_
