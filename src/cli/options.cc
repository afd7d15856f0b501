#include "cli/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace slipway::cli {

namespace {

// A shell variable that is not set must not turn `--plan "$DIGEST"` into no `--plan` at all, nor
// `resume "$RUN"` into every run there is.
std::string NotEmpty(const std::string& said) { return said.empty() ? "is empty" : ""; }

}  // namespace

struct Options::Parser {
  CLI::App app;
};

Options::Options(std::string_view verb, std::string_view summary)
    : parser_(new Parser{CLI::App(std::string(summary), "slipway " + std::string(verb))}), verb_(verb) {
  Text("-C,--workspace", folder_, "DIR", "the folder to work in, instead of the current one");
}

Options::~Options() = default;

Options& Options::Required(std::string_view name, std::string& value, std::string_view help) {
  parser_->app.add_option(std::string(name), value, std::string(help))
      ->required()
      ->type_name("")
      ->check(NotEmpty, "", "");
  return *this;
}

Options& Options::Optional(std::string_view name, std::string& value, std::string_view help) {
  parser_->app.add_option(std::string(name), value, std::string(help))
      ->type_name("")
      ->check(NotEmpty, "", "");
  return *this;
}

Options& Options::Rest(std::string_view name, std::vector<std::string>& values, std::string_view help) {
  parser_->app.add_option(std::string(name), values, std::string(help))->required()->type_name("");
  return *this;
}

Options& Options::Text(std::string_view names, std::string& value, std::string_view type,
                       std::string_view help) {
  parser_->app.add_option(std::string(names), value, std::string(help))
      ->type_name(std::string(type))
      ->check(NotEmpty, "", "");
  return *this;
}

Options& Options::Texts(std::string_view names, std::vector<std::string>& values, std::string_view type,
                        std::string_view help) {
  parser_->app.add_option(std::string(names), values, std::string(help))
      ->type_name(std::string(type))
      ->allow_extra_args(false);
  return *this;
}

Options& Options::Flag(std::string_view names, bool& value, std::string_view help) {
  parser_->app.add_flag(std::string(names), value, std::string(help));
  return *this;
}

Options& Options::Json() { return Flag("--json", json_, "as JSON, for programs"); }

Options& Options::Epilogue(std::string_view text) {
  parser_->app.footer(std::string(text));
  return *this;
}

base::Result<std::string> Options::Parse(std::span<const std::string> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    parser_->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return parser_->app.help();
  } catch (const CLI::ExtrasError&) {
    return Unexpected();
  } catch (const CLI::ParseError& error) {
    return base::Invalid(error.what(), "slipway " + verb_, "slipway " + verb_ + " --help");
  }
  if (!folder_.empty()) SLIPWAY_CHECK_OK(EnterFolder(folder_));
  return std::string();
}

// The first word that is neither an option of the verb nor one of the words it takes.
std::unexpected<base::Error> Options::Unexpected() const {
  const std::vector<std::string> left = parser_->app.remaining();
  const std::string word = left.empty() ? "" : base::Split(left.front(), '=').front();
  const std::string verb = "slipway " + verb_;
  if (!word.starts_with('-'))
    return base::Invalid("one word too many: " + base::Quote(word), verb, verb + " --help");
  std::vector<std::string> names;
  for (const CLI::Option* option : parser_->app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const auto near = base::DidYouMean(word, names);
  return base::Invalid("unknown option " + base::Quote(word), verb,
                       near ? verb + " " + *near : verb + " --help");
}

base::Result<std::pair<std::string, std::string>> SplitPair(std::string_view text, std::string_view option) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return base::Invalid(std::string(option) + " wants name=value, not " + base::Quote(text), "",
                         std::string(option) + " NAME=VALUE");
  }
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

base::Result<std::vector<std::pair<std::string, std::string>>> SplitParameters(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) {
    SLIPWAY_TRY(auto pair, SplitPair(text, "-p"));
    for (const auto& [name, value] : pairs) {
      if (name == pair.first)
        return base::Invalid("parameter " + name + " is given twice", "-p", "say it once: -p " + text);
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

base::Result<std::vector<std::pair<std::string, std::vector<std::string>>>> SplitConditions(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::vector<std::string>>> conditions;
  for (const std::string& text : texts) {
    SLIPWAY_TRY(const auto pair, SplitPair(text, "--only"));
    conditions.emplace_back(pair.first, base::Split(pair.second, ','));
  }
  return conditions;
}

base::Status EnterFolder(const std::string& folder) {
  if (chdir(folder.c_str()) == 0) return {};
  return base::Invalid("cannot go to " + base::Quote(folder) + ": " + base::ErrnoText(errno), "-C",
                       "a folder that is there: -C DIR");
}

}  // namespace slipway::cli
