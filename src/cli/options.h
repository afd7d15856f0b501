// What one verb understands on the command line. A thin front of CLI11, which is seen in options.cc only.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace slipway::cli {

class Options {
 public:
  // `verb`: `run`, `holds lift`. Every verb has -C/--workspace and --help.
  Options(std::string_view verb, std::string_view summary);
  ~Options();

  // The referenced values live until Parse has returned; they are left alone where nothing was said.
  Options& Required(std::string_view name, std::string& value, std::string_view help);
  Options& Optional(std::string_view name, std::string& value, std::string_view help);
  Options& Rest(std::string_view name, std::vector<std::string>& values, std::string_view help);
  Options& Text(std::string_view names, std::string& value, std::string_view type, std::string_view help);
  Options& Texts(std::string_view names, std::vector<std::string>& values, std::string_view type,
                 std::string_view help);  // may be said again and again
  Options& Flag(std::string_view names, bool& value, std::string_view help);
  Options& Json();  // --json
  Options& Epilogue(std::string_view text);

  // kInvalid: bad usage. An answer that is not empty is the help text, which was asked for.
  // Changes to the folder of -C.
  base::Result<std::string> Parse(std::span<const std::string> arguments);

  bool json() const { return json_; }

 private:
  std::unexpected<base::Error> Unexpected() const;

  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::string verb_;
  std::string folder_;
  bool json_ = false;
};

// Splits `name=value`. kInvalid: there is no `=`, or nothing before it.
base::Result<std::pair<std::string, std::string>> SplitPair(std::string_view text, std::string_view option);

// Of every `--only`, `key=value,value`.
base::Result<std::vector<std::pair<std::string, std::vector<std::string>>>> SplitConditions(
    const std::vector<std::string>& texts);

// Of every `-p`. kInvalid: a name is given twice.
base::Result<std::vector<std::pair<std::string, std::string>>> SplitParameters(
    const std::vector<std::string>& texts);

// Goes to the folder of -C. kInvalid: there is none.
base::Status EnterFolder(const std::string& folder);

}  // namespace slipway::cli
