#include "base/yaml.h"

#include <yaml.h>

#include "base/known_keys.h"
#include "base/text.h"
#include "base/utf8.h"

namespace slipway::base {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMostRepeated = 100;

template <typename T>
using Parsed = std::expected<T, YamlError>;

std::unexpected<YamlError> Wrong(Position at, std::string what, std::string hint = "") {
  return std::unexpected(YamlError{at, std::move(what), std::move(hint)});
}

Position PlaceOf(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

// The place of a byte in the text, which is valid UTF-8 up to there.
Position PlaceOf(std::string_view text, std::size_t offset) {
  Position at{1, 1};
  for (char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

std::string_view TextOf(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event_); }
  yaml_event_t* get() { return &event_; }
  const yaml_event_t* operator->() const { return &event_; }
  const yaml_event_t& operator*() const { return event_; }

 private:
  yaml_event_t event_{};
};

// Builds the tree from libyaml's events. Every limit is checked as an event comes in, before the next one is
// asked for: the scanner itself needs seconds for what the limits refuse.
class Composer {
 public:
  // `repeated` may be null: then a key that stands a second time is an error like any other.
  Composer(std::string_view text, int most_nodes, std::vector<YamlError>* repeated)
      : text_(text), most_nodes_(most_nodes), repeated_(repeated) {
    ready_ = yaml_parser_initialize(&parser_) == 1;
    if (!ready_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  Composer(const Composer&) = delete;
  Composer& operator=(const Composer&) = delete;
  ~Composer() {
    if (ready_) yaml_parser_delete(&parser_);
  }

  Parsed<YamlNode> Document() {
    if (!ready_) return Wrong({}, "out of memory");
    YamlNode root{.at = {1, 1}};
    bool seen = false;
    for (;;) {
      Event event;
      if (auto read = Read(event); !read) return std::unexpected(std::move(read).error());
      switch (event->type) {
        case YAML_STREAM_END_EVENT:
          return root;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
          break;
        case YAML_DOCUMENT_START_EVENT:
          if (seen)
            return Wrong(PlaceOf(event->start_mark), "a second document starts here",
                         "keep one document a file");
          seen = true;
          break;
        case YAML_ALIAS_EVENT:
        case YAML_SCALAR_EVENT:
        case YAML_SEQUENCE_START_EVENT:
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_START_EVENT:
        case YAML_MAPPING_END_EVENT: {
          if (auto node = Node(event, 1, root); !node) return std::unexpected(std::move(node).error());
        }
      }
    }
  }

 private:
  Parsed<void> Read(Event& event) {
    if (yaml_parser_parse(&parser_, event.get()) == 1) return {};
    return ParserError();
  }

  std::unexpected<YamlError> ParserError() const {
    const std::string problem = parser_.problem != nullptr ? parser_.problem : "not valid YAML";
    if (parser_.error == YAML_READER_ERROR) return Wrong(PlaceOf(text_, parser_.problem_offset), problem);
    if (parser_.error == YAML_MEMORY_ERROR) return Wrong({}, "out of memory");
    const std::string context = parser_.context != nullptr ? parser_.context : "";
    // At the end of the text the place that matters is where the thing began.
    const bool unfinished = problem.find("unexpected end of stream") != std::string::npos;
    if (unfinished && context == "while scanning a quoted scalar") {
      return Wrong(PlaceOf(parser_.context_mark), "this quote is never closed");
    }
    const Position at = PlaceOf(parser_.problem_mark);
    if (problem == "found character that cannot start any token" && CharacterAt(at) == '\t') {
      return Wrong(at, "a tab cannot indent", "indent with blanks");
    }
    std::string hint;
    if (problem == "mapping values are not allowed in this context")
      hint = "put quotes around a text that has `: ` in it";
    return Wrong(at, context.empty() ? problem : problem + " " + context, std::move(hint));
  }

  char CharacterAt(Position at) const {
    std::size_t offset = 0;
    for (int line = 1; line < at.line; ++line) offset = text_.find('\n', offset) + 1;
    offset += static_cast<std::size_t>(at.column) - 1;
    return offset < text_.size() ? text_[offset] : '\0';
  }

  // The node that starts with `event`, made where it will stand: a tree is not moved. `depth` counts it.
  Parsed<void> Node(const Event& event, int depth, YamlNode& out) {
    const Position at = PlaceOf(event->start_mark);
    out.at = at;
    if (++nodes_ > most_nodes_)
      return Wrong(at, "more than " + std::to_string(most_nodes_) + " values in one document");
    switch (event->type) {
      case YAML_SCALAR_EVENT:
        return Scalar(event, at, out);
      case YAML_SEQUENCE_START_EVENT:
        if (auto plain = Plain(at, event->data.sequence_start.anchor, event->data.sequence_start.tag);
            !plain) {
          return std::unexpected(std::move(plain).error());
        }
        return depth > kMaxDepth ? TooDeep(at) : Sequence(depth, out);
      case YAML_MAPPING_START_EVENT:
        if (auto plain = Plain(at, event->data.mapping_start.anchor, event->data.mapping_start.tag); !plain) {
          return std::unexpected(std::move(plain).error());
        }
        return depth > kMaxDepth ? TooDeep(at) : Mapping(depth, out);
      case YAML_ALIAS_EVENT:
        return Wrong(at, "aliases are not allowed", "write the value out");
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        break;
    }
    return Wrong(at, "a value was expected here");
  }

  static Parsed<void> TooDeep(Position at) { return Wrong(at, "nested deeper than 64"); }

  static Parsed<void> Plain(Position at, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (anchor != nullptr)
      return Wrong(at, "anchors are not allowed", "write the value out where it is needed");
    if (tag != nullptr) return Wrong(at, "tags are not allowed", "leave out the word that starts with `!`");
    return {};
  }

  static Parsed<void> Scalar(const Event& event, Position at, YamlNode& out) {
    const auto& scalar = event->data.scalar;
    if (auto plain = Plain(at, scalar.anchor, scalar.tag); !plain) return plain;
    out.scalar = TextOf(scalar.value, scalar.length);
    out.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (out.scalar.find('\0') != std::string::npos) return Wrong(at, "a NUL byte is not allowed");
    return {};
  }

  Parsed<void> Sequence(int depth, YamlNode& out) {
    out.kind = YamlNode::Kind::kSequence;
    for (;;) {
      Event event;
      if (auto read = Read(event); !read) return read;
      if (event->type == YAML_SEQUENCE_END_EVENT) return {};
      if (auto item = Node(event, depth + 1, out.items.emplace_back()); !item) return item;
    }
  }

  Parsed<void> Mapping(int depth, YamlNode& out) {
    out.kind = YamlNode::Kind::kMapping;
    out.members.reserve(4);
    KnownKeys known;
    for (;;) {
      Event event;
      if (auto read = Read(event); !read) return read;
      if (event->type == YAML_MAPPING_END_EVENT) return {};
      YamlNode key, left_out;
      auto fresh = MappingKey(event, depth, out, known, key);
      if (!fresh) return std::unexpected(std::move(fresh).error());
      YamlNode& second = *fresh ? out.members.emplace_back(std::move(key)).second : left_out;
      Event start;
      if (auto read = Read(start); !read) return read;
      if (auto value = Node(start, depth + 1, second); !value) return value;
    }
  }

  // False: it stands a second time, which is told.
  Parsed<bool> MappingKey(const Event& event, int depth, const YamlNode& mapping, KnownKeys& known,
                          YamlNode& key) {
    if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
      return Wrong(PlaceOf(event->start_mark), "a key has to be plain text");
    }
    if (auto read = Node(event, depth + 1, key); !read) return std::unexpected(std::move(read).error());
    if (key.scalar.empty()) return Wrong(key.at, "a key is missing here");
    const YamlNode* earlier = known.Find(mapping, key.scalar);
    if (earlier == nullptr) return true;
    YamlError error{key.at, "the key " + Quote(key.scalar) + " stands here a second time",
                    "it stands first in line " + std::to_string(earlier->at.line), key.scalar};
    if (repeated_ == nullptr || repeated_->size() == kMostRepeated) return std::unexpected(std::move(error));
    repeated_->push_back(std::move(error));
    return false;
  }

  std::string_view text_;
  const int most_nodes_;
  std::vector<YamlError>* const repeated_;
  yaml_parser_t parser_{};
  bool ready_ = false;
  int nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

namespace {

Parsed<YamlNode> ParseWithin(std::string_view text, const YamlLimits& limits,
                             std::vector<YamlError>* repeated) {
  if (text.size() > limits.mebibytes << 20)
    return Wrong({1, 1}, "the document is larger than " + std::to_string(limits.mebibytes) + " MiB");
  if (const std::size_t bad = Utf8ErrorAt(text); bad != std::string_view::npos) {
    return Wrong(PlaceOf(text, bad), "not valid UTF-8", "save the file as UTF-8");
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Wrong(PlaceOf(text, nul), "a NUL byte is not allowed");
  }
  // libyaml counts a byte order mark as a column, and then finds the second line indented too little.
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Composer(text, limits.nodes, repeated).Document();
}

}  // namespace

std::expected<YamlNode, YamlError> ParseYaml(std::string_view text, const YamlLimits& limits) {
  return ParseWithin(text, limits, nullptr);
}

std::expected<YamlNode, YamlError> ParseYamlOn(std::string_view text, std::vector<YamlError>& repeated) {
  return ParseWithin(text, {}, &repeated);
}

std::vector<std::size_t> LineStarts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::size_t size = 0;
    switch (text[i]) {
      case '\n':
        size = 1;
        break;
      case '\r':
        size = rest.starts_with("\r\n") ? 2 : 1;
        break;
      case '\xC2':
        size = rest.starts_with("\u0085") ? 2 : 0;
        break;
      case '\xE2':
        size = rest.starts_with("\u2028") || rest.starts_with("\u2029") ? 3 : 0;
        break;
    }
    i += size == 0 ? 1 : size;
    if (size > 0) starts.push_back(i);
  }
  return starts;
}

}  // namespace slipway::base
