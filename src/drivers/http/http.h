// The http driver: asks web services.
//
//   http.check    one request; pass when the answer is as expected
//   http.probe    a steady stream of requests for a while; judged by error rate and latency
//   http.request  one request that changes something; the procedure says how it is undone
//
// What a check answers. Pass: the expected status (and text). Fail: the service was reached and answered
// otherwise, broke off, did not answer in `timeout`, or nobody listens (connection refused). Unknown: the
// service was never reached (no such host, no route, TLS trouble), or the check was cut short; then nobody
// looked.
//
// What a request answers. Done: the expected status. Not done: it never left, or the server refused it (4xx,
// RFC 9110 §15.5). Unknown: it left, and what came back (5xx, nothing, half an answer) does not prove that
// nothing happened.
#pragma once

#include <memory>

#include "drivers/driver.h"

namespace slipway::drivers {

std::unique_ptr<Driver> MakeHttpDriver();

// For simulation: services that answer every check and request as expected.
std::unique_ptr<Driver> HttpModel();

}  // namespace slipway::drivers
