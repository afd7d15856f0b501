// The recorded state of a backend: weight and admin state of every server, as journaled, restored and
// compared.
//
//   {"blue": {"admin": "ready", "weight": 100}, "green": {"admin": "maint", "weight": 0}}
#pragma once

#include <string>
#include <vector>

#include "drivers/haproxy/edge.h"

namespace slipway::drivers {

base::JsonObject RecordOf(const EdgeBackend& backend);

// `now` with the weights and admin states of the record; servers that it leaves out stay as they are.
// kInvalid: the record names a server that is not there, or is no record.
base::Result<EdgeBackend> WithRecord(const EdgeBackend& now, const base::JsonObject& record);

bool SameState(const EdgeBackend& a, const EdgeBackend& b);

// `blue 90, green 10`; an admin state other than ready stands behind its weight: `green 0 maint`.
std::string Describe(const EdgeBackend& backend);

// The weights when `to` gets `percent` of the traffic: the servers that serve in `prior` share the rest in
// the proportions they had. All on a scale of 100.
EdgeBackend Ladder(const EdgeBackend& prior, const std::string& to, int percent);

// What turns the weights of `now` into those of `wanted`: first what is raised, then what is lowered, so that
// there is always a server with weight. Admin states are left alone.
std::vector<EdgeChange> WeightChanges(const EdgeBackend& now, const EdgeBackend& wanted);

}  // namespace slipway::drivers
