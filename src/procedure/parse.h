// The parts of Parse, one piece of the document each. Private to procedure/.
#pragma once

#include "procedure/document.h"
#include "procedure/procedure.h"

namespace slipway::procedure {

void ParseWaivers(Document& document, const base::YamlNode* list, std::vector<Waiver>& out);
void ParseMetadata(Document& document, const base::YamlNode& node, Metadata& out);
void ParseParameters(Document& document, const base::YamlNode& node, std::vector<Parameter>& out);
void ParseTargets(Document& document, const base::YamlNode& node, Selector& out);
// The `where:` of a selector or a wave.
enum class Templates { kForbidden, kAllowed };
void ParseWhere(Document& document, const base::YamlNode& node, Templates templates, Selector& out);
void ParseGate(Document& document, const base::YamlNode& node, std::vector<Gate>& out);
void ParseNotify(Document& document, const base::YamlNode& node, std::vector<Notify>& out);
// `procedure` holds everything above the phases already; the phase is appended by the caller, with this
// index.
Phase ParsePhase(Document& document, const base::YamlNode& node, const Procedure& procedure, int index);
Step ParseStep(Document& document, const base::YamlNode& node, bool draft, int phase, int index);

// Ids, needs and every name that an expression reads; fills Step::reads.
void CheckReferences(Document& document, Procedure& procedure);

}  // namespace slipway::procedure
