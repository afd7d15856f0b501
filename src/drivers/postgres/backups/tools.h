// pg_dump and pg_restore: which ones fit a server, and how they are run.
//
// They get what a session would get (drivers/postgres/session/connection.h) and nothing of our environment
// but PATH: the password in a file that is only in memory, never in an argument list. They show themselves to
// the server as CallerName, so EndLeftovers finds them as well.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/driver.h"
#include "drivers/postgres/session/connection.h"
#include "process/spawner.h"

namespace slipway::drivers::postgres {

struct Tool {
  std::filesystem::path program;
  int major = 0;
};

// Where packages put the programs of a major version; what comes first is taken.
std::vector<std::filesystem::path> ToolFolders(int major);

// The program `name` of the server's own major version where it is installed, else the one in PATH unless it
// is older than the server: an older one does not know what a newer server has (kRefused).
base::Result<Tool> FindTool(process::Spawner& spawner, const Context& context, std::string_view name,
                            int server_number, std::span<const std::filesystem::path> folders);
base::Result<Tool> FindTool(process::Spawner& spawner, const Context& context, std::string_view name,
                            int server_number);

struct ToolCall {
  const Tool& tool;
  std::vector<std::string> arguments;  // without the database
  std::string database;
  int input_fd = -1;
  int output_fd = -1;
};
// Ends with the call's deadline or when it is cancelled. kIo: it could not be prepared.
base::Result<process::Ended> RunTool(process::Spawner& spawner, const Context& context, const ToolCall& call);

// Why it did not succeed, from what it said last, without the password; empty: it did.
std::string WhyFailed(const process::Ended& ended, const Tool& tool, const Context& context);

}  // namespace slipway::drivers::postgres
