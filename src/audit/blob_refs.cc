#include "audit/blob_refs.h"

#include "base/bytes.h"
#include "journal/store.h"

namespace slipway::audit {
namespace {

void FindIn(const base::Json& value, BlobReferences& references);

void FindInObject(const base::JsonObject& object, BlobReferences& references) {
  const auto* digest = object.if_contains("digest");
  const auto* name = object.if_contains("name");
  const auto* size = object.if_contains("size");
  const bool attachment = digest != nullptr && digest->is_string() && name != nullptr && name->is_string() &&
                          size != nullptr && size->is_int64();
  if (attachment) references.needed.emplace(base::View(digest->get_string()));
  for (const auto& member : object) FindIn(member.value(), references);
}

void FindIn(const base::Json& value, BlobReferences& references) {
  if (const auto* text = value.if_string()) {
    if (text->starts_with("sha256:") && base::ParseDigest(base::View(*text)))
      references.mentioned.emplace(base::View(*text));
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) FindIn(item, references);
  } else if (const auto* object = value.if_object()) {
    FindInObject(*object, references);
  }
}

}  // namespace

void FindBlobs(const journal::Event& event, BlobReferences& references) {
  const base::JsonObject& data = event.data;
  if (event.type == journal::kBlobDeleted && event.run.empty())
    references.deleted.emplace(base::GetString(data, "digest"), event.actor);
  const std::string plan = base::GetString(data, "plan");
  if (base::ParseDigest(plan)) references.needed.insert(plan);
  FindInObject(data, references);
}

}  // namespace slipway::audit
