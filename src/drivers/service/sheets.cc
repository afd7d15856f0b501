#include "drivers/service/sheets.h"

namespace slipway::drivers {

namespace {

ArgumentSheet Connection() {
  return {.name = "connection",
          .type = ArgumentType::kConnection,
          .description = "The service, as slipway.yaml names it.",
          .pinned = true};
}

ArgumentSheet Slot() {
  return {.name = "slot",
          .type = ArgumentType::kString,
          .description = "The slot, one of those the connection names.",
          .required = true};
}

ActionSheet Start() {
  ActionSheet sheet;
  sheet.name = "service.start";
  sheet.summary =
      "Starts a release as a detached process in a slot; done when it stays alive or listens on its port.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kProbe;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text = "what was started is stopped; where that release ran already, it stays";
  sheet.arguments = {
      Connection(),
      Slot(),
      {.name = "release",
       .type = ArgumentType::kRelease,
       .description = "What to start; its folder is where the command runs.",
       .required = true},
      {.name = "env",
       .type = ArgumentType::kMap,
       .description = "Variables added to those of the connection; values may hold secrets.",
       .sensitive_ok = true},
      {.name = "end_strays",
       .type = ArgumentType::kBoolean,
       .description = "First end the processes that a service whose main process has ended left in "
                      "the slot; refused otherwise. The undo of service.stop does."}};
  sheet.outputs = {{"url", "http://127.0.0.1:<port>"},
                   {"port", "The port it was given."},
                   {"pid", "Its process."},
                   {"slot", "The slot."},
                   {"server", "The slot's name again, as a proxy's backend calls its servers."}};
  sheet.example =
      "id: start\n"
      "title: Start the new version in the idle slot\n"
      "uses: service.start\n"
      "with: { slot: \"${{ steps.slots.outputs.idle }}\", release: \"${{ parameters.release }}\" }\n"
      "verify:\n"
      "  - { uses: http.check, with: { url: \"${{ outputs.url }}/health\", status: 200 },\n"
      "      retry: { attempts: 20, every: 500ms } }\n";
  return sheet;
}

ActionSheet Stop() {
  ActionSheet sheet;
  sheet.name = "service.stop";
  sheet.summary = "Stops what runs in a slot; done when all of it is proven gone.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kProbe;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text = "the release that ran there is started again in that slot";
  sheet.arguments = {Connection(),
                     Slot(),
                     {.name = "release",
                      .type = ArgumentType::kRelease,
                      .description = "Only this one: refused when another release runs there."}};
  sheet.outputs = {{"slot", "The slot."},
                   {"version", "The release that was stopped; `none` when nothing ran."}};
  sheet.example =
      "id: stop-old\ntitle: Stop the old version\nuses: service.stop\nwith: { slot: \"${{ "
      "steps.slots.outputs.live }}\" }\n";
  return sheet;
}

ActionSheet Status() {
  ActionSheet sheet;
  sheet.name = "service.status";
  sheet.summary = "Says which release runs in each slot.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.observed = true;
  sheet.facts = {"releases"};
  sheet.arguments = {Connection()};
  sheet.outputs = {{"slots", "By slot: running, version, digest, port, pid, started_at."},
                   {"releases", "By slot: `<version> <digest>` of what runs, or `none`."},
                   {"running", "The slots in which something runs, by name."},
                   {"idle", "The first slot, by name, in which nothing runs; absent when there is none."}};
  sheet.example = "id: slots\ntitle: See what runs\nuses: service.status\n";
  return sheet;
}

}  // namespace

std::vector<ActionSheet> ServiceSheets() { return {Start(), Stop(), Status()}; }

}  // namespace slipway::drivers
