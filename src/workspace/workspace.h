// A workspace: the folder a team keeps in git, as read from disk. Reading it is the only I/O here; everything
// else is types.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/json.h"
#include "base/result.h"
#include "workspace/calendar.h"

namespace slipway::workspace {

// Gates the environment asks of every procedure that runs in it, in the procedure's own words (window,
// approvals, freeze).
struct EnvironmentGate {
  std::string kind;
  base::JsonObject with;
};

struct Environment {
  std::string name;
  std::string time_zone = "UTC";  // IANA
  bool strict = false;            // default: the top of the ladder is
  std::string calendar;           // name of a calendar; empty = none
  std::string store;              // pinned store id; empty = any
  std::vector<EnvironmentGate> gates;
};

struct Connection {
  std::string name;
  std::string driver;
  base::JsonObject document;  // all of it, `driver` included; secrets as `${{ secrets.… }}`
};

struct Target {
  std::string id;
  std::string kind;
  std::string environment;  // empty = in every environment
  std::map<std::string, std::string> labels;
  base::JsonObject attributes;  // scalars as text
  std::string window;           // name of the calendar whose windows bind it; empty = the environment's
  std::string time_zone;        // empty = the environment's
  std::string file;             // where it is declared
};

struct Release {
  std::string version;
  std::string path;    // relative to the workspace: `releases/v1.1.0`
  std::string digest;  // `sha256:…` over names, executable bits and contents; a link is an error
};

struct Notify {
  std::vector<std::string> on;
  std::string url;
  std::vector<std::string> command;
};

// Where the value of `${{ secrets.NAME }}` is; exactly one is set.
struct SecretReference {
  std::string env;   // a variable of the environment
  std::string file;  // relative to the workspace, or absolute
};

struct Workspace {
  std::filesystem::path root;
  std::string name;
  std::vector<Environment> environments;  // the ladder, lowest first
  std::vector<Connection> connections;
  std::vector<Target> targets;           // by id
  std::vector<Calendar> calendars;       // those with a name of their own, as written
  std::vector<Calendar> target_windows;  // a calendar for each target that says its window itself; by name
  std::vector<Notify> notify;
  std::string checkpoints_file;                    // `audit.checkpoints:` a file, and/or
  std::vector<std::string> checkpoints_command;    // a command that gets the note on its standard input
  std::map<std::string, SecretReference> secrets;  // by name; read by ReadSecret (workspace/secrets.h)
  std::string secrets_key;  // the variable with the key of the kept secrets; empty = a file
  std::vector<std::string>
      kept_secrets;  // names of those that slipway keeps, as they were when this was read

  const Environment* FindEnvironment(std::string_view name) const;
  const Connection* FindConnection(std::string_view name) const;
  const Target* FindTarget(std::string_view id) const;
  const Calendar* FindCalendar(std::string_view name) const;  // of either sort
};

// The workspace that `start` lies in: the nearest folder upwards with a slipway.yaml.
base::Result<std::filesystem::path> FindRoot(const std::filesystem::path& start);

// Reads slipway.yaml and targets/*.yaml (in order of name). All errors of all files at once.
using LoadErrors = std::vector<std::pair<std::string /*text of the file*/, base::Diagnostics>>;
std::expected<Workspace, LoadErrors> Load(const std::filesystem::path& root);

// As Load, but a file of targets/ with an error is told apart and left out whole: half a window could be one
// that is open too long. An error in slipway.yaml is one here too, and all of them are told.
struct Loaded {
  Workspace workspace;
  LoadErrors left_out;
};
std::expected<Loaded, LoadErrors> LoadWhatCanBeRead(const std::filesystem::path& root);

// `sha256:…` over slipway.yaml and targets/*.yaml, names and bytes: as long as it is the same, Load reads the
// same. Reads them and understands nothing of them. kIo, kInvalid: one cannot be read.
base::Result<std::string> ContentDigest(const std::filesystem::path& root);

// Puts the targets of `text` in the place of those of `file` (`targets/acme.yaml`), as if it stood there
// already. On an error the workspace is as before.
std::expected<void, LoadErrors> PutTargets(Workspace& workspace, const std::string& file,
                                           const std::string& text);

// Looks a release up in `releases/` and digests it. Error names what is there, with "did you mean".
base::Result<Release> LoadRelease(const Workspace& workspace, std::string_view version);
std::vector<std::string> ReleaseNames(const Workspace& workspace);

}  // namespace slipway::workspace
