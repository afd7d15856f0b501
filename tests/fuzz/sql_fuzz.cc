// Whatever the text: errors placed within it, or statements that together with blanks, comments, `;` and the
// data of COPY are the text. A statement by itself is one statement, and neither classifying nor lint ever
// fails.
#include "fuzz.h"
#include "sql/lexer.h"
#include "sql/lint.h"
#include "sql/rules.h"
#include "sql/split.h"
#include "sql/statement.h"

namespace {

using slipway::fuzz::Require;
namespace sql = slipway::sql;

// Between statements nothing stands but `;` and comments.
void CheckGap(std::string_view gap) {
  sql::Lexer lexer(gap, gap.starts_with(sql::kByteOrderMark) ? sql::kByteOrderMark.size() : 0);
  for (sql::Token token = lexer.Next(); token.kind != sql::TokenKind::kEnd; token = lexer.Next())
    Require(token.kind == sql::TokenKind::kComment || gap[token.begin] == ';');
}

// Where reading goes on behind the `;` and the data of a COPY.
std::size_t BehindData(std::string_view text, std::size_t at, std::string_view data) {
  sql::Lexer lexer(text, at);
  sql::Token token = lexer.Next();
  while (token.kind == sql::TokenKind::kComment) token = lexer.Next();
  Require(text[token.begin] == ';');
  at = text.find('\n', token.begin) + 1;
  Require(text.substr(at, data.size()) == data);
  at += data.size();
  Require(text.substr(at, 2) == "\\.");
  return at + 2;
}

void CheckAlone(const sql::Statement& statement) {
  std::string text = statement.text;
  if (statement.data) text += ";\n" + *statement.data + "\\.";
  const auto alone = sql::Split(text, "alone");
  Require(alone && alone->statements.size() == 1);
  Require(alone->statements[0].text == statement.text && alone->statements[0].data == statement.data);
  const sql::Kind kind = sql::Classify(statement.text);
  Require(!kind.refused || !kind.outside.empty());
}

void CheckLint(std::string_view text) {
  const sql::Migration file{.path = "a", .file = "a", .text = std::string(text)};
  for (const auto& d : sql::Lint({&file, 1})) {
    Require(d.at.line >= 1 && d.at.column >= 1 && !d.what.empty());
    Require(d.rule.empty() || sql::FindRule(d.rule) != nullptr);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  (void)sql::Classify(text);
  CheckLint(text);
  const auto script = sql::Split(text, "fuzz");
  if (!script) {
    Require(!script.error().empty());
    for (const auto& d : script.error()) Require(!d.what.empty() && d.at.line >= 1 && d.at.column >= 1);
    return 0;
  }
  std::size_t at = 0;
  for (const sql::Statement& statement : script->statements) {
    Require(statement.offset >= at && text.substr(statement.offset, statement.text.size()) == statement.text);
    CheckGap(text.substr(at, statement.offset - at));
    at = statement.offset + statement.text.size();
    if (statement.data) at = BehindData(text, at, *statement.data);
    CheckAlone(statement);
  }
  CheckGap(text.substr(at));
  return 0;
}
