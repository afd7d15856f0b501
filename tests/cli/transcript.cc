#include "cli/transcript.h"

#include <re2/re2.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/text.h"

namespace slipway::tests {

namespace {

struct Rule {
  const char* pattern;
  const char* text;
};

// What a program cannot say twice the same.
constexpr Rule kRules[] = {
    {R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z)", "<time>"},
    {R"(sha256:[0-9a-f]{12,64})", "<digest>"},
    {R"(slipway-[0-9a-f]{24}(\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)?)", "<store>"},
    {R"([^\s"]+@[^\s",]+, unverified)", "<actor>"},
    {R"(pid \d+ on \S+, since)", "<process>, since"},
    {R"(process \d+ on \S+?([,;\s]|$))", "<process>\\1"},
    {R"(root [A-Za-z0-9+/]{43}=)", "root <root>"},
    {R"(\b(in|after|took) (\d+(\.\d+)?(ms|s)|\d+m\d\ds)\b)", "\\1 <took>"},
    {R"(  (\d+ms|\d+\.\ds|\d+s|\d+m\d\ds)( |$))", "  <took>\\2"},
    {R"(/tmp/slipway-cli-[A-Za-z0-9]{6})", "<folder>"},
};

std::string Normalized(std::string line) {
  for (const Rule& rule : kRules) RE2::GlobalReplace(&line, rule.pattern, rule.text);
  RE2::GlobalReplace(&line, R"((\S) {2,})", "\\1  ");  // columns are as wide as what was replaced
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/slipway-cli-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string Run(const Folder& folder, const std::string& command) {
  const std::string environment =
      "env -i HOME=" + folder.path() +
      " PATH=" SLIPWAY_BINARY_DIR
      ":/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 TERM=dumb SOURCE=" SLIPWAY_SOURCE_DIR " ";
  const std::string whole = "cd " + folder.path() + " && " + environment + "timeout 60 bash -c " +
                            Quoted("exec 2>&1 </dev/null; " + command);
  std::FILE* pipe = popen(whole.c_str(), "r");
  if (pipe == nullptr) return "cannot run bash\n";
  std::string said;
  char buffer[4096];
  for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) said.append(buffer, got);
  const int status = pclose(pipe);
  std::string out;
  for (const std::string& line : base::Split(said, '\n')) out += Normalized(line) + "\n";
  // Split gives one empty piece after the last newline.
  if (said.empty() || said.back() == '\n') out.pop_back();
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code != 0) out += "[exit " + std::to_string(code) + "]\n";
  return out;
}

}  // namespace

std::string Replay(std::string_view transcript) {
  const Folder folder;
  std::string out;
  std::string command;
  const auto run = [&] {
    if (!command.empty()) out += Run(folder, command);
    command.clear();
  };
  std::vector<std::string> lines = base::Split(transcript, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const std::string& line : lines) {
    if (line.starts_with("$ ")) {
      run();
      command = line.substr(2);
      out += line + "\n";
    } else if (line.starts_with("> ") || line == ">") {
      command += "\n" + (line.size() > 2 ? line.substr(2) : "");
      out += line + "\n";
    } else if (line.starts_with("#")) {
      run();
      out += line + "\n";
    }
  }
  run();
  return out;
}

}  // namespace slipway::tests
