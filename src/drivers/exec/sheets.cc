#include "drivers/exec/sheets.h"

namespace slipway::drivers {

namespace {

std::vector<ArgumentSheet> Arguments() {
  return {
      {.name = "argv",
       .type = ArgumentType::kStrings,
       .description = "The program and its arguments, handed over as they are; this or `shell`."},
      {.name = "shell",
       .type = ArgumentType::kString,
       .description =
           "A script for `bash -eu -o pipefail`; this or `argv`. Step outputs and secrets go through `env`.",
       .pinned = true},
      {.name = "env",
       .type = ArgumentType::kMap,
       .description = "Variables added to slipway's own environment; values may hold secrets.",
       .sensitive_ok = true},
      {.name = "input",
       .type = ArgumentType::kString,
       .description = "Text for its standard input, which is empty otherwise; may hold secrets.",
       .sensitive_ok = true},
      {.name = "directory",
       .type = ArgumentType::kFolder,
       .description = "The folder it runs in, relative to the workspace.",
       .fallback = "."},
      {.name = "expect_exit",
       .type = ArgumentType::kStrings,
       .description = "The exit codes that mean success.",
       .fallback = base::JsonArray{"0"}},
      {.name = "output_limit",
       .type = ArgumentType::kSize,
       .description = "How much of each of stdout and stderr is kept: the beginning and the end.",
       .fallback = 1 << 20},
      {.name = "parse",
       .type = ArgumentType::kEnum,
       .description = "What stdout is: `json` gives the output `json`, `lines` the output `lines`.",
       .fallback = "none",
       .values = {"none", "json", "lines"}},
      {.name = "grace",
       .type = ArgumentType::kDuration,
       .description = "How long it may take to end after TERM before it gets KILL, when it must stop.",
       .fallback = 5000},
  };
}

std::vector<OutputSheet> Outputs() {
  return {
      {"exit_code", "The exit code."},
      {"stdout",
       "What it wrote to stdout, without the newlines at its end; absent when over 64 KiB or not UTF-8."},
      {"json", "With `parse: json`: the value; numbers with a fraction as text."},
      {"lines", "With `parse: lines`: the lines of stdout."},
  };
}

}  // namespace

std::vector<ActionSheet> ExecSheets() {
  ActionSheet run;
  run.name = "exec.run";
  run.summary = "Runs a program that changes something.";
  run.effect = Effect::kChanges;
  run.interruption = Interruption::kAsk;
  run.undo = UndoKind::kDeclared;
  run.undo_text = "as the step's `undo:` says; slipway cannot know what a program did";
  run.instant_prepare = true;
  run.arguments = Arguments();
  run.outputs = Outputs();
  run.example =
      "id: migrate\n"
      "title: Apply the schema change\n"
      "uses: exec.run\n"
      "with:\n"
      "  argv: [./migrate, --to, \"${{ parameters.schema }}\"]\n"
      "  env: { PGPASSWORD: \"${{ secrets.DB_PASSWORD }}\" }\n"
      "undo: { uses: exec.run, with: { argv: [./migrate, --back] } }\n";

  ActionSheet check = run;
  check.name = "exec.check";
  check.summary = "Runs a program that only looks: an expected exit code passes, any other fails.";
  check.arguments.push_back({.name = "warn_exit",
                             .type = ArgumentType::kStrings,
                             .description = "The exit codes that pass with a warning, which is told."});
  check.arguments.push_back(
      {.name = "unknown_exit",
       .type = ArgumentType::kStrings,
       .description = "The exit codes that say that it could not look; neither a pass nor a failure."});
  check.outputs.push_back(
      {"checks", "With `warn_exit`: its verdict (pass or warn) and the last line it wrote."});
  check.effect = Effect::kReads;
  check.interruption = Interruption::kRepeat;
  check.undo = UndoKind::kNone;
  check.undo_text = "";
  check.example =
      "id: disk\n"
      "title: Is there room on the disk\n"
      "uses: exec.check\n"
      "with: { argv: [/usr/lib/nagios/plugins/check_disk, -w, 20%, -c, 10%, -p, /var], warn_exit: [1], "
      "unknown_exit: "
      "[3] }\n";
  return {run, check};
}

}  // namespace slipway::drivers
