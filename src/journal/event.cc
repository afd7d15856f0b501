#include "journal/event.h"

#include "journal/canonical.h"
#include "journal/encoding.h"

namespace slipway::journal {
namespace {

constexpr std::string_view kWhere = "journal event";
constexpr int kMaxVersion = 1'000'000;

base::Status AppendText(std::string& out, std::string_view text) {
  SLIPWAY_TRY(const std::string json,
              base::CanonicalJson(base::Json(boost::json::string_view(text.data(), text.size()))));
  out += json;
  return {};
}

bool InRange(std::int64_t n) { return n <= base::kMaxInteger && n >= -base::kMaxInteger; }

}  // namespace

std::string Encoded::WithSeq(std::int64_t seq) const {
  std::string bytes;
  bytes.reserve(before.size() + after.size() + 20);
  bytes += before;
  bytes += std::to_string(seq);
  bytes += after;
  return bytes;
}

base::Result<Encoded> EncodeNew(const NewEvent& event, int version) {
  if (event.type.empty()) return base::Invalid("an event needs a type", std::string(kWhere));
  if (version < 1 || version > kMaxVersion)
    return base::Invalid("an event's version is 1 to 1000000", std::string(kWhere));
  if (!InRange(base::Millis(event.at))) return base::Invalid("the time is out of range", std::string(kWhere));
  const base::Json data(event.data);

  Encoded out;
  out.before = "{\"actor\":";
  SLIPWAY_CHECK_OK(AppendText(out.before, event.actor));
  out.before += ",\"at\":" + std::to_string(base::Millis(event.at)) + ",\"data\":";
  SLIPWAY_TRY(const std::string body, base::CanonicalJson(data));
  out.before += body;
  out.before += ",\"run\":";
  if (event.run.empty()) {
    out.before += "null";
  } else {
    SLIPWAY_CHECK_OK(AppendText(out.before, event.run));
  }
  out.before += ",\"seq\":";
  out.after = ",\"type\":";
  SLIPWAY_CHECK_OK(AppendText(out.after, event.type));
  out.after += ",\"v\":" + std::to_string(version) + "}";
  if (out.before.size() + out.after.size() > kMaxEventBytes) {
    return base::Invalid("an event of over 4 MiB", std::string(kWhere), "store the bytes as a blob");
  }
  return out;
}

base::Result<std::string> Encode(const Event& event) {
  if (event.seq < 1 || !InRange(event.seq)) {
    return base::Invalid("a sequence number is at least 1", std::string(kWhere));
  }
  SLIPWAY_TRY(const Encoded parts,
              EncodeNew({event.run, event.type, event.actor, event.at, event.data}, event.v));
  return parts.WithSeq(event.seq);
}

base::Result<Event> Decode(std::string_view bytes) {
  CanonicalReader in(bytes);
  Event event;
  std::int64_t at = 0;
  std::int64_t version = 0;
  base::Json data;
  const bool read = in.Literal("{\"actor\":") && in.String(event.actor) &&             //
                    in.Literal(",\"at\":") && in.Integer(at) &&                        //
                    in.Literal(",\"data\":") && in.Value(data) && data.is_object() &&  //
                    in.Literal(",\"run\":") &&
                    (in.Literal("null") || (in.String(event.run) && !event.run.empty())) &&      //
                    in.Literal(",\"seq\":") && in.Integer(event.seq) && event.seq >= 1 &&        //
                    in.Literal(",\"type\":") && in.String(event.type) && !event.type.empty() &&  //
                    in.Literal(",\"v\":") && in.Integer(version) && in.Literal("}") && in.AtEnd();
  if (!read)
    return base::Invalid("not an event: byte " + std::to_string(in.at()) + " is not as written",
                         std::string(kWhere));
  if (version < 1 || version > kMaxVersion)
    return base::Invalid("not an event: version", std::string(kWhere));
  if (bytes.size() > kMaxEventBytes + 20) return base::Invalid("an event of over 4 MiB", std::string(kWhere));
  event.v = static_cast<int>(version);
  event.at = base::FromMillis(at);
  event.data = std::move(data.get_object());
  return event;
}

}  // namespace slipway::journal
