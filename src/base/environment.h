// Variables of this process's environment that a library would read of its own accord, although nothing but
// slipway.yaml counts. They are set aside, and are there for whoever asks for them by name. The environment
// belongs to the whole process: `SetAside` is called once, before there are threads; the rest is thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway::base {

// From now on `getenv` does not find these.
void SetAside(std::span<const std::string_view> names);

// As `getenv`, and of what was set aside too.
std::optional<std::string> Variable(const std::string& name);

// What was set aside, each `NAME=value`: the commands that are started have it.
std::span<const std::string> VariablesSetAside();

}  // namespace slipway::base
