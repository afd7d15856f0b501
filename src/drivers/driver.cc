#include "drivers/driver.h"

#include <utility>

namespace slipway::drivers {

using base::GetObject;
using base::GetString;
using base::Json;
using base::JsonObject;
using base::Result;

Json ToJson(const Action& action) { return JsonObject{{"uses", action.uses}, {"with", action.with}}; }

Result<Action> ActionFromJson(const Json& json) {
  if (!json.is_object()) return base::Invalid("an action is an object with `uses` and `with`");
  const JsonObject& object = json.get_object();
  Action action{GetString(object, "uses"), GetObject(object, "with")};
  if (action.uses.empty()) return base::Invalid("an action without `uses`");
  return action;
}

// Absent members stand for the usual case, so that the many plain steps stay short in the journal.
Json ToJson(const Prepared& prepared) {
  JsonObject json{{"action", ToJson(prepared.action)}};
  if (!prepared.prior.empty()) json["prior"] = prepared.prior;
  if (prepared.undo) json["undo"] = ToJson(*prepared.undo);
  if (prepared.not_before) json["not_before"] = base::FormatTime(*prepared.not_before);
  return json;
}

Result<Prepared> PreparedFromJson(const Json& json) {
  if (!json.is_object()) return base::Invalid("a prepared action is an object");
  const JsonObject& object = json.get_object();
  Prepared prepared;
  SLIPWAY_TRY(prepared.action, ActionFromJson(GetObject(object, "action")));
  prepared.prior = GetObject(object, "prior");
  if (const Json* undo = object.if_contains("undo")) {
    SLIPWAY_TRY(prepared.undo, ActionFromJson(*undo));
  }
  if (object.contains("not_before")) {
    SLIPWAY_TRY(prepared.not_before, base::ParseTime(GetString(object, "not_before")));
  }
  return prepared;
}

Outcome Driver::Restored(const Prepared& undone, Context&) {
  return Unknown("nobody looked whether the state before " + undone.action.uses + " is back");
}

}  // namespace slipway::drivers
