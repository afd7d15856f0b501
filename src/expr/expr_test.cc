#include "expr/expr.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace slipway::expr {
namespace {

base::JsonObject Scope() {
  return base::ParseJson(R"({
    "target": {"id": "web-1", "labels": {"tier": "web", "ring": "canary"}, "attributes": {"replicas": "3"}},
    "parameters": {"count": 42, "dry": false, "names": ["a", "b"], "nothing": null},
    "steps": {"slots": {"outputs": {"idle": "green", "full name": "x"}}}
  })")
      ->as_object();
}

// The answer as JSON, or `error: what | where | next`.
std::string Eval(std::string_view text) {
  auto expression = Expression::Parse(text);
  if (!expression)
    return "syntax: " + expression.error().what + " | " + expression.error().where + " | " +
           expression.error().next;
  auto value = expression->Evaluate(Scope());
  if (!value)
    return "error: " + value.error().what + " | " + value.error().where + " | " + value.error().next;
  return *base::CanonicalJson(*value);
}

std::string Fill(std::string_view text) {
  auto parsed = Template::Parse(text);
  if (!parsed)
    return "syntax: " + parsed.error().what + " | " + parsed.error().where + " | " + parsed.error().next;
  auto value = parsed->Evaluate(Scope());
  if (!value)
    return "error: " + value.error().what + " | " + value.error().where + " | " + value.error().next;
  return *base::CanonicalJson(*value);
}

TEST(Expression, ReadsPathsOfEveryForm) {
  EXPECT_EQ(Eval("target.labels.tier"), R"("web")");
  EXPECT_EQ(Eval("steps.slots.outputs['full name']"), R"("x")");
  EXPECT_EQ(Eval("parameters.names[1]"), R"("b")");
  EXPECT_EQ(Eval("parameters.names.1"), R"("b")");
  EXPECT_EQ(Eval("  parameters.count  "), "42");
}

TEST(Expression, ComparesAndCombines) {
  EXPECT_EQ(Eval("target.labels.tier == 'web' && parameters.count >= 42"), "true");
  EXPECT_EQ(Eval("!parameters.dry && (target.id < 'web-2' || false)"), "true");
  EXPECT_EQ(Eval("parameters.count < -1"), "false");
  EXPECT_EQ(Eval("true || false && false"), "true");
  EXPECT_EQ(Eval("parameters.nothing == null"), "true");
  EXPECT_EQ(Eval("target.id != null"), "true");
  EXPECT_EQ(Eval("'it''s' == \"it's\""), "true");
  EXPECT_EQ(Eval("parameters.names == parameters.names"), "true");
}

TEST(Expression, EveryFunctionAnswers) {
  EXPECT_EQ(Eval("default(target.zone, 'x')"), R"("x")");
  EXPECT_EQ(Eval("default(parameters.nothing, 'x')"), R"("x")");
  EXPECT_EQ(Eval("default(lower(target.zone), 'x')"), R"("x")");
  EXPECT_EQ(Eval("default(target.id, 'x')"), R"("web-1")");
  EXPECT_EQ(Eval("contains(parameters.names, 'b')"), "true");
  EXPECT_EQ(Eval("contains(target.id, 'eb')"), "true");
  EXPECT_EQ(Eval("contains(target.labels, 'ring')"), "true");
  EXPECT_EQ(Eval("starts_with(target.id, 'web')"), "true");
  EXPECT_EQ(Eval("ends_with(target.id, '-2')"), "false");
  EXPECT_EQ(Eval(R"(matches(target.id, 'web-\d+'))"), "true");
  EXPECT_EQ(Eval("matches(target.id, 'web')"), "false");  // the whole text must match
  EXPECT_EQ(Eval("length('žluť')"), "4");
  EXPECT_EQ(Eval("length(target.labels)"), "2");
  EXPECT_EQ(Eval("lower('ABC')"), R"("abc")");
  EXPECT_EQ(Eval("join(parameters.names, '-')"), R"("a-b")");
}

TEST(Expression, AnUnknownPathSaysWhatWasMeant) {
  EXPECT_EQ(Eval("target.lables.tier"),
            "error: unknown name `target.lables` | column 1 | did you mean `target.labels`?");
  EXPECT_EQ(Eval("true && stepz.slots == 1"),
            "error: unknown name `stepz` | column 9 | did you mean `steps`?");
  EXPECT_EQ(Eval("target.labels.zzzzzz"),
            "error: unknown name `target.labels.zzzzzz` | column 1 | known here: ring, tier");
  EXPECT_EQ(Eval("target.id.x"), "error: `target.id` is text and has no members | column 1 | ");
  EXPECT_EQ(Eval("parameters.names[7]"),
            "error: `parameters.names` is a list of 2, it has no `7` | column 1 | ");
}

TEST(Expression, TypesAreJudgedBeforeAnythingRuns) {
  EXPECT_EQ(Eval("!42"), "syntax: `!` takes true or false, not an integer | column 2 | ");
  EXPECT_EQ(Eval("1 == 'a'"),
            "syntax: `==` compares two values of one type, not an integer with text | column 3 | ");
  EXPECT_EQ(Eval("true < false"),
            "syntax: `<` compares two integers or two texts, not a boolean | column 6 | ");
  EXPECT_EQ(Eval("lower(3)"), "syntax: lower() takes text here, not an integer | column 7 | ");
  EXPECT_EQ(Eval("matches(target.id, '(')").substr(0, 33), "syntax: not a pattern (RE2): miss");
  EXPECT_FALSE(Expression::Parse("length('a')")->MayBeBoolean());
  EXPECT_TRUE(Expression::Parse("target.x")->MayBeBoolean());
}

TEST(Expression, MixedTypesAreAnErrorNeverAQuietFalse) {
  EXPECT_EQ(Eval("target.attributes.replicas == 3"),
            "error: cannot compare text with an integer | column 28 | "
            "values written in documents are text: put the number in quotes");
  EXPECT_EQ(Eval("target.id && true"), "error: expected true or false, not text | column 1 | ");
  EXPECT_EQ(Eval("target.labels < target.labels"),
            "error: only integers and texts have an order, not a map | column 15 | ");
}

TEST(Expression, SyntaxErrorsNameTheColumnAndTheWayOut) {
  EXPECT_EQ(Eval(""), "syntax: the expression ends too early | column 1 | ");
  EXPECT_EQ(Eval("a = b"), "syntax: unexpected `=` | column 3 | write `==` to compare");
  EXPECT_EQ(Eval("a + b"), "syntax: unexpected `+` | column 3 | there is no arithmetic");
  EXPECT_EQ(Eval("a && "), "syntax: the expression ends too early | column 6 | ");
  EXPECT_EQ(Eval("'open"), "syntax: the text is not closed | column 1 | add the missing '");
  EXPECT_EQ(Eval("a < b < c"), "syntax: comparisons cannot be chained | column 7 | join them with `&&`");
  EXPECT_EQ(Eval("lenght(a)"), "syntax: unknown function `lenght` | column 1 | did you mean `length`?");
  EXPECT_EQ(Eval("join(a)"), "syntax: join() takes 2 arguments, not 1 | column 1 | ");
  EXPECT_EQ(Eval("1.5"), "syntax: numbers are integers | column 1 | compare texts, or use a smaller unit");
  EXPECT_EQ(Eval("9007199254740993"),
            "syntax: `9007199254740993` is not an integer | column 1 | a text stands in quotes");
  EXPECT_EQ(Eval("ž == 1"), "syntax: unexpected `ž` | column 1 | ");
  EXPECT_EQ(Eval("'ž' == ?"), "syntax: unexpected `?` | column 8 | ");
  EXPECT_EQ(Eval("(a"), "syntax: expected `)` before the end | column 3 | ");
}

TEST(Expression, IsBoundedInLengthAndDepth) {
  EXPECT_EQ(Eval(std::string(5000, ' ') + "1"), "syntax: the expression is longer than 4 KiB | column 1 | ");
  EXPECT_NE(Eval(std::string(1000, '(') + "1").find("32 levels"), std::string::npos);
  EXPECT_NE(Eval(std::string(1000, '!') + "true").find("32 levels"), std::string::npos);
  std::string chain = "true";
  while (chain.size() < 4000) chain += "&&true";
  EXPECT_EQ(Eval(chain), "true");
}

TEST(Expression, ReferencesSayWhatIsReadAndWhatMayBeMissing) {
  const auto expression =
      Expression::Parse("steps.a.outputs.x == 'y' || default(target.zone, parameters.z) == 'q'");
  ASSERT_TRUE(expression);
  std::string out;
  for (const Reference& r : expression->References())
    out += ToString(r) + (r.optional ? "? " : " ") + std::to_string(r.offset) + "; ";
  EXPECT_EQ(out, "steps.a.outputs.x 0; target.zone? 36; parameters.z 49; ");
}

TEST(Template, KeepsTheTypeOfALoneExpressionAndJoinsTheRest) {
  EXPECT_EQ(Fill("${{ parameters.count }}"), "42");
  EXPECT_EQ(Fill("${{ parameters.names }}"), R"(["a","b"])");
  EXPECT_EQ(Fill("n=${{ parameters.count }}, ${{parameters.dry}}"), R"("n=42, false")");
  EXPECT_EQ(Fill("plain"), R"("plain")");
  EXPECT_EQ(Fill("${{ '}}' }}"), R"("}}")");
  EXPECT_EQ(Fill("$${{ x }} costs $5"), R"("${{ x }} costs $5")");
  EXPECT_EQ(Fill("$$${{"), R"("$${{")");
}

TEST(Template, ErrorsArePlacedInTheWholeText) {
  EXPECT_EQ(Fill("ab ${{ x"),
            "syntax: `${{` is not closed | column 4 | add `}}`, or write `$${{` for the text itself");
  EXPECT_EQ(Fill("ab ${{ 1 + 2 }}"), "syntax: unexpected `+` | column 10 | there is no arithmetic");
  EXPECT_EQ(
      Fill("x ${{ parameters.names }}"),
      "error: a list cannot stand within a text | column 6 | use join(), or let the expression stand alone");
  EXPECT_EQ(Fill("x ${{ parameters.nothing }}").substr(0, 19), "error: null cannot ");
}

TEST(Template, WhatValuesMakeTogetherIsNeverAnExpression) {
  const base::JsonObject scope{{"parameters", {{"a", "$"}, {"b", "{{ secrets.KEY }}"}, {"c", "x$"}}}};
  base::JsonObject all = scope;
  all["secrets"] = base::JsonObject{{"KEY", "s3cret"}};
  const std::pair<const char*, const char*> cases[] = {
      {"${{ parameters.a }}${{ parameters.b }}", "${{ secrets.KEY }}"},
      {"${{ parameters.a }}{{ secrets.KEY }} ${{ secrets.KEY }}", "${{ secrets.KEY }} s3cret"},
      {"${{ parameters.c }}${{ parameters.b }}${{ secrets.KEY }}", "x${{ secrets.KEY }}s3cret"},
      {"${{ parameters.c }}${{ secrets.KEY }}", "x$s3cret"},
      {"${{ parameters.a }}${{ parameters.a }}${{ secrets.KEY }}", "$$s3cret"},
      {"$$${{ parameters.b }}", "$${{ parameters.b }}"}};
  for (const auto& [text, wanted] : cases) {
    const auto kept = Resolve(base::Json(text), scope, {"secrets"});
    ASSERT_TRUE(kept) << text;
    const auto again = Resolve(*kept, scope, {"secrets"});
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(Resolve(*again, all, {}).value(), base::Json(wanted)) << text;
    EXPECT_EQ(Resolve(base::Json(text), all, {}).value(), base::Json(wanted)) << text << ", in one go";
  }
}

TEST(Resolve, LeavesWhatIsKeptAndNeverEvaluatesData) {
  base::JsonObject scope = Scope();
  scope["parameters"].as_object()["evil"] = "${{ secrets.KEY }} $${{";
  const base::Json with = {{"a", "${{ parameters.evil }}"},
                           {"b", base::JsonArray{"${{ secrets.KEY }}-${{ target.id }}", 7, true}},
                           {"c", "$${{ text }}"}};
  auto first = Resolve(with, scope, {"secrets"});
  ASSERT_TRUE(first);
  scope["secrets"] = base::JsonObject{{"KEY", "s3cret"}};
  auto second = Resolve(*first, scope, {});
  ASSERT_TRUE(second);
  EXPECT_EQ(*base::CanonicalJson(*second),
            R"({"a":"${{ secrets.KEY }} $${{","b":["s3cret-web-1",7,true],"c":"${{ text }}"})");
}

TEST(Resolve, NamesTheReferencesOfAWholeValue) {
  const base::Json with = {{"a", base::JsonArray{"${{ x.y }}"}}, {"b", base::JsonObject{{"c", "-${{ z }}"}}}};
  auto references = ReferencesIn(with);
  ASSERT_TRUE(references);
  ASSERT_EQ(references->size(), 2u);
  EXPECT_EQ(ToString((*references)[0]), "x.y");
  EXPECT_FALSE(ReferencesIn(base::Json("${{ ( }}")));
}

TEST(Template, AFloodOfExpressionsIsRefused) {
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "${{a}}";
  EXPECT_NE(Fill(flood).find("more than 1000 expressions"), std::string::npos);
  EXPECT_NE(Fill("${{" + std::string(4 << 20, '\'')).find("not closed"), std::string::npos);
}

}  // namespace
}  // namespace slipway::expr
