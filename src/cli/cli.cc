#include "cli/cli.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/text.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

void Overview(Terminal& out) {
  out.Line(
      "slipway runs standard operating procedures: checked, planned, executed durably, rolled back, proven");
  out.Line("");
  out.Line("usage: slipway [-C DIR] VERB …");
  out.Line("");
  std::size_t width = 0;
  for (const Verb& verb : Verbs()) width = std::max(width, Width(verb.name) + Width(verb.arguments) + 1);
  for (const Verb& verb : Verbs()) {
    out.Line("  " + Padded(fmt::format("{} {}", verb.name, verb.arguments), width + 2) +
             std::string(verb.summary));
  }
  out.Line("");
  out.Line("slipway VERB --help says more; slipway --version prints the version.");
}

// The longest verb that the words begin with: `holds lift` before `holds`.
const Verb* Find(std::span<const std::string> words) {
  const Verb* found = nullptr;
  for (const Verb& verb : Verbs()) {
    const std::vector<std::string> parts = base::Split(verb.name, ' ');
    if (parts.size() > words.size() || !std::equal(parts.begin(), parts.end(), words.begin())) continue;
    if (found == nullptr || verb.name.size() > found->name.size()) found = &verb;
  }
  return found;
}

// `word` alone, or the first two where verbs begin with both.
std::string Asked(std::span<const std::string> words) {
  if (words.size() > 1) {
    const std::string two = words[0] + " " + words[1];
    if (std::ranges::any_of(Verbs(),
                            [&](const Verb& verb) { return base::StartsWith(verb.name, two + " "); }))
      return two;
  }
  return words[0];
}

base::Error Unknown(std::span<const std::string> words) {
  const std::string word = Asked(words);
  const std::size_t asked = base::Split(word, ' ').size();
  std::vector<std::string> known;
  std::vector<std::string> below;
  for (const Verb& verb : Verbs()) {
    known.push_back(base::Split(verb.name, ' ').front());
    if (base::StartsWith(verb.name, word + " ")) below.push_back("slipway " + std::string(verb.name));
  }
  if (!below.empty()) {
    const bool more = words.size() > asked && !base::StartsWith(words[asked], "-");
    return {base::ErrorKind::kInvalid,
            more ? "there is no " + base::Quote("slipway " + word + " " + words[asked])
                 : "`slipway " + word + "` wants one more word",
            "", base::Join(below, " | ")};
  }
  if (base::StartsWith(word, "-")) {
    return {base::ErrorKind::kInvalid, "unknown option " + base::Quote(word), "", "slipway --help"};
  }
  const auto near = base::DidYouMean(word, known);
  return {base::ErrorKind::kInvalid, "unknown verb " + base::Quote(word), "",
          near ? "slipway " + *near : "slipway --help"};
}

// Where a standard stream is closed, the next file that is opened would take its place, and what is printed
// would land in it. Nothing can be written to the one that stands in for stdout, so that it is told.
void FillStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    (void)::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

Exit Fail(Terminal& out, const api::Failure& failure) {
  out.ErrLines(failure.details);
  out.Error(failure);
  return ExitOf(failure.kind);
}

std::optional<Exit> Read(Call& call, Options& options) {
  const auto help = options.Parse(call.arguments);
  if (!help) return Fail(call.out, help.error());
  if (help->empty()) return std::nullopt;
  call.out.Lines(*help);
  return Exit::kSucceeded;
}

int Main(api::Api& api, std::span<const std::string> arguments) {
  FillStandardStreams();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away ends no run
  std::signal(SIGXFSZ, SIG_IGN);  // nor does a file that may not grow: the write fails, and says so
  Terminal out(stdout, stderr);
  const auto done = [&out](Exit code) {
    if (!out.Lost()) return static_cast<int>(code);
    out.Error({base::ErrorKind::kIo, "not all of the answer could be written", "stdout",
               "make room and ask again; what was done is done: slipway runs"});
    return static_cast<int>(code == Exit::kSucceeded ? Exit::kInternal : code);
  };
  while (!arguments.empty() && (arguments[0] == "-C" || arguments[0] == "--workspace")) {
    if (arguments.size() < 2) {
      return done(
          Fail(out, base::Error{base::ErrorKind::kInvalid, "-C wants a folder", "", "slipway --help"}));
    }
    if (const auto entered = EnterFolder(arguments[1]); !entered) return done(Fail(out, entered.error()));
    arguments = arguments.subspan(2);
  }
  if (arguments.empty()) {
    Overview(out);
    return done(Exit::kUsage);
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || (arguments[0] == "help" && arguments.size() == 1)) {
    Overview(out);
    return done(Exit::kSucceeded);
  }
  std::vector<std::string> asked;  // `help VERB` is `VERB --help`
  if (arguments[0] == "help") {
    asked.assign(arguments.begin() + 1, arguments.end());
    asked.push_back("--help");
    arguments = asked;
  }
  if (arguments[0] == "--version") {
    out.Line("slipway " SLIPWAY_VERSION);
    return done(Exit::kSucceeded);
  }
  const Verb* verb = Find(arguments);
  if (verb == nullptr) return done(Fail(out, Unknown(arguments)));
  const auto words = static_cast<std::size_t>(std::ranges::count(verb->name, ' ')) + 1;
  Call call{api, out, arguments.subspan(words)};
  return done(verb->run(call));
}

}  // namespace slipway::cli
