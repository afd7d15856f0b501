// A page for people: what stands on it, whatever it is written as. A procedure to follow with a pen and the
// report of a run are both made of these blocks; page/markdown.cc and page/html.cc write them down.
//
// Texts of spans, code and cells are plain: nothing in them is read as Markdown or HTML. Only kProse is the
// Markdown of a document's author. Pure values; the functions are thread-safe and answer valid UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::page {

// Shown as a word with a sign and a frame of its own, so that no colour is needed to tell them apart.
enum class Verdict : std::uint8_t { kPass, kFail, kUnknown, kNone };
// How a verdict is told without colour, with the blank behind it; nothing for kNone.
std::string_view SignOf(Verdict verdict);

struct Span {
  enum class Kind : std::uint8_t {
    kText,
    kStrong,
    kCode,
    kBlank,    // a line to write on
    kVerdict,  // `text` in the frame of `verdict`
  };
  Kind kind = Kind::kText;
  std::string text;
  Verdict verdict = Verdict::kNone;
};
using Line = std::vector<Span>;

Span Text(std::string_view text);
Span Strong(std::string_view text);
Span Code(std::string_view text);
Span Blank();
Span Judged(Verdict verdict, std::string_view text);

// Each in a code span, with `separator` between them.
Line Codes(const std::vector<std::string>& texts, std::string_view separator);
Line& operator+=(Line& line, Span span);
Line& operator+=(Line& line, std::string_view text);
Line& operator+=(Line& line, Line more);

enum class Box : std::uint8_t { kNone, kEmpty, kTicked };

struct Block {
  enum class Kind : std::uint8_t {
    kHeading,  // line, level 1 … 3
    kProse,  // text: Markdown of the author; info: a comment that only Markdown puts before and behind it, or
             // empty
    kLine,   // line: a paragraph
    kSign,   // line: blanks as wide as the page allows
    kNote,   // line: what must not be overlooked
    kItem,   // box, line, children: an entry of a list; neighbours are one list
    kStep,   // box, line, children: kept on one page where it fits
    kCode,   // text as it is, several lines; info: its language, or empty
    kTable,  // rows; the first one is the heading, and empty cells there mean that there is none
  };
  Kind kind = Kind::kLine;
  Line line;
  int level = 0;
  Box box = Box::kNone;
  std::string text;
  std::string info;
  std::vector<std::vector<Line>> rows;
  std::vector<Block> children;
};
using Blocks = std::vector<Block>;

Block Heading(int level, Line line);
Block Prose(std::string_view text, std::string_view within = {});
Block Paragraph(Line line);
Block Sign(Line line);
Block Note(Line line);
Block Item(Box box, Line line, Blocks children = {});
Block Step(Box box, Line line, Blocks children);
Block Fenced(std::string_view text, std::string_view info = "");
Block Table(std::vector<std::vector<Line>> rows);

struct Page {
  std::string title;
  std::string above;  // at the top of every printed page: what it is, and its version
  std::string below;  // at its foot, beside the page's number: the digest
  Blocks blocks;
};

std::string ToMarkdown(const Page& page);

// One file that needs no other: its style is in it, it has no script and asks the network for nothing. Raw
// HTML and images in prose are shown as the text they are; links lead to http, https, mailto or nowhere.
std::string ToHtml(const Page& page);

}  // namespace slipway::page
