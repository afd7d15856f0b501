// Defects that pages of deployment procedures have in the field, each as a passage of ours that has it, and
// the corrected passage beside it, on which lint says nothing at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "lint/lint.h"
#include "lint/rules.h"
#include "procedure/page.h"

namespace slipway::lint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// `line rule` of each finding, of the first text.
std::vector<std::string> Found(std::span<const Text> texts) {
  std::vector<std::string> out;
  for (const base::Diagnostic& d : LintTexts(texts, {.today = "2026-11-21"})[0])
    out.push_back(std::to_string(d.at.line) + " " + (d.rule.empty() ? d.what : d.rule));
  return out;
}
std::vector<std::string> Found(std::string text) {
  const Text texts[] = {{"page.md", std::move(text)}};
  return Found(texts);
}

std::string Fenced(std::string_view language, std::string_view text) {
  return "```" + std::string(language) + "\n" + std::string(text) + "\n```\n";
}
std::vector<std::string> Shell(std::string_view text) { return Found(Fenced("bash", text)); }

TEST(Defects, APromotionGoesDownInTheOrderOfVersions) {
  EXPECT_THAT(Found("We go 2.4.0 → 2.4.0-beta.1 → 2.4.0-alpha.2 → 2.5.0"),
              ElementsAre("1 version-goes-down"));
  EXPECT_THAT(Found("We go 2.4.0-alpha.2 → 2.4.0-beta.1 -> 2.4.0-rc.1 -> 2.4.0"), IsEmpty());
}

TEST(Defects, TheBackupThatIsRestoredWasNeverMadeAndASecondRunOverwritesIt) {
  EXPECT_THAT(Shell("aws s3 cp s3://shop/live/menu.json s3://shop/archive/menu-$(date +%F).json\n"
                    "aws s3 cp s3://shop/archive/menu-saved.json s3://shop/live/menu.json"),
              ElementsAre("2 backup-overwritten", "3 reads-unwritten"));
  EXPECT_THAT(Shell("aws s3 cp s3://shop/live/menu.json \"s3://shop/archive/menu-$RUN.json\"\n"
                    "aws s3 cp \"s3://shop/archive/menu-$RUN.json\" s3://shop/live/menu.json"),
              IsEmpty());
}

TEST(Defects, APageIsNotReadAgainInTime) {
  EXPECT_THAT(Found("# Handbook\n\n**Next review date:** 2026-11-20\n"), ElementsAre("3 review-past"));
  EXPECT_THAT(Found("| Owner | shop |\n|---|---|\n| Review by | 2025-01-01 |\n"),
              ElementsAre("3 review-past"));
  EXPECT_THAT(Found("Review by: 2026-11-21\n\nThe review of 2025-01-01 found nothing\n"), IsEmpty());
}

constexpr std::string_view kPipeline = R"(name: ship
on:
  push:
    branches: [trunk]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567
      - run: make check
  deploy-staging:
    needs: check
    timeout-minutes: 10
    if: github.ref == 'refs/heads/WANTED'
    steps:
      - run: make ship STAGE=staging
  deploy-production:
    needs: NEEDED
    timeout-minutes: 10
    environment: production
    steps:
      - run: make ship STAGE=production
)";
std::string Pipeline(std::string_view wanted, std::string_view needed) {
  std::string text(kPipeline);
  text.replace(text.find("WANTED"), 6, wanted);
  text.replace(text.find("NEEDED"), 6, needed);
  return text;
}

TEST(Defects, AStageNeverRunsAndProductionDoesNotWaitForIt) {
  EXPECT_THAT(Found(Fenced("yaml", Pipeline("develop", "check"))),
              ElementsAre("15 job-never-runs", "18 stage-skipped"));
  EXPECT_THAT(Found(Fenced("yaml", Pipeline("trunk", "[deploy-staging]"))), IsEmpty());
}

TEST(Defects, AWorkflowIsReadAsAFileAndWithItsIndentationLost) {
  const Text file[] = {{".github/workflows/ship.yml", Pipeline("develop", "check")}};
  EXPECT_EQ(KindOf(file[0].file, file[0].text), TextKind::kWorkflow);
  EXPECT_THAT(Found(file), ElementsAre("14 job-never-runs", "17 stage-skipped"));
  std::string flat;
  for (const std::string& line : base::Split(Pipeline("develop", "check"), '\n'))
    flat += std::string(base::Trim(line)) + "\n";
  EXPECT_THAT(Found("Our pipeline\n" + flat + "And so on.\n"),
              ElementsAre("15 job-never-runs", "18 stage-skipped"));
}

TEST(Defects, AnApprovalIsBoundToNobody) {
  EXPECT_THAT(Shell("read -p 'Deploy to PRODUCTION? (yes/no): ' answer || exit 1"),
              ElementsAre("2 approval-by-anybody"));
  EXPECT_THAT(Shell("echo 'Type yes to roll back'\nread -r answer"), ElementsAre("3 approval-by-anybody"));
  EXPECT_THAT(Found("Anyone on the floor may approve a deployment.\n"), ElementsAre("1 approval-by-anybody"));
  EXPECT_THAT(Found("Nobody but the release manager approves a deployment.\n\nAnyone may ask, and the "
                    "release manager approves.\n"),
              IsEmpty());
  EXPECT_THAT(Shell("read -r -p 'Which release? ' release\n./wait-for-approval --change \"$CHANGE\" --role "
                    "release-manager && make ship"),
              IsEmpty());
}

TEST(Defects, WhoAskedApproves) {
  EXPECT_THAT(Found("**Requested by:** Ada Jones\n\n**Approved by:** Ada Jones\n"),
              ElementsAre("3 approval-of-own"));
  EXPECT_THAT(Found("In a hurry engineers approve their own changes.\n"), ElementsAre("1 approval-of-own"));
  EXPECT_THAT(Shell("gh pr create --fill\ngh pr review --approve"), ElementsAre("3 approval-of-own"));
  EXPECT_THAT(Found("**Requested by:** Ada Jones\n\n**Approved by:** Björn Berg\n\nEngineers never approve "
                    "their own changes.\n"),
              IsEmpty());
  EXPECT_THAT(Found("# Change\n\nRequested by: [Name]\n\nApproved by: [Name]\n"), IsEmpty());
  EXPECT_THAT(Shell("gh pr create --fill\ngh pr checks --watch"), IsEmpty());
}

// `line rule` of what is found in a procedure with these metadata and this step.
std::vector<std::string> Step(const std::string& metadata, const std::string& step) {
  const auto procedure = procedure::Parse(
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: p, title: P, version: 1.0.0, " + metadata +
          " }\nphases:\n  - id: a\n    title: A\n    steps:\n      - id: b\n" + step,
      "p.yaml");
  EXPECT_TRUE(procedure) << (procedure ? "" : procedure.error().front().what);
  std::vector<std::string> out;
  for (const base::Diagnostic& d : Lint(*procedure, {}))
    out.push_back(std::to_string(d.at.line) + " " + d.rule);
  return out;
}

TEST(Defects, AnApprovalInAProcedureIsOfARole) {
  const std::string asks = "        title: Approve the release\n        timeout: 1d\n        confirm: ";
  EXPECT_THAT(Step("owner: shop", asks + "{}\n"), ElementsAre("8 approval-by-anybody"));
  EXPECT_THAT(Step("owner: shop", asks + "{ role: release-manager }\n"), IsEmpty());
  EXPECT_THAT(Step("owner: ada, approver: ada", asks + "{ role: release-manager }\n"),
              ElementsAre("1 approval-of-own"));
  EXPECT_THAT(Step("owner: ada, approver: björn", asks + "{ role: release-manager }\n"), IsEmpty());
}

TEST(Defects, AQueryCallsAFunctionThatActs) {
  const auto asks = [](std::string_view sql) {
    return Step("owner: shop",
                "        title: Look\n        uses: postgres.query\n        with: { database: a, "
                "sql: \"" +
                    std::string(sql) + "\" }\n");
  };
  EXPECT_THAT(asks("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'a' AND pid <> "
                   "pg_backend_pid()"),
              testing::Contains("11 query-acts"));
  EXPECT_THAT(asks("SELECT nextval('orders')"), ElementsAre("11 query-acts"));
  EXPECT_THAT(asks("SELECT 'nextval(1)' AS nextval FROM pg_sequences"), IsEmpty());
}

TEST(Defects, ANoEndsTheScriptWithSuccessAndTheLogSaysNoOutcome) {
  EXPECT_THAT(Shell("read -p \"Really ship to production? \" answer\n"
                    "if [ \"$answer\" = y ]; then\n  make ship\nfi\n"
                    "echo \"$(date -u) $USER $VERSION\" >> releases.log"),
              ElementsAre("2 approval-by-anybody", "2 confirm-exits-zero", "6 local-log"));
  EXPECT_THAT(Shell("read -p \"Really write over the draft? \" answer\n"
                    "if [ \"$answer\" = y ]; then\n  make draft\nelse\n  exit 1\nfi"),
              IsEmpty());
  EXPECT_THAT(Shell("read answer\n[ \"$answer\" = y ] || { echo no; exit 1; }\nmake ship"), IsEmpty());
}

TEST(Defects, AnIndexIsBuiltConcurrentlyInATransactionAndATableIsUpdatedWhole) {
  EXPECT_THAT(
      Found(Fenced("sql",
                   "BEGIN;\nALTER TABLE orders ADD COLUMN channel text;\nUPDATE orders SET channel = 'web';\n"
                   "CREATE INDEX CONCURRENTLY orders_channel ON orders (channel);\n"
                   "INSERT INTO schema_migrations (version) VALUES ('v3.0.0');\nCOMMIT;")),
      ElementsAre("4 unbatched-update", "5 concurrently-in-transaction", "6 duplicate-version-record"));
  EXPECT_THAT(Found(Fenced("sql", "ALTER TABLE orders ADD COLUMN channel text DEFAULT 'web';") +
                    Fenced("sql", "CREATE INDEX CONCURRENTLY orders_channel ON orders (channel);")),
              IsEmpty());
}

TEST(Defects, TheSchemaIsDroppedForABackupNobodyProved) {
  EXPECT_THAT(Shell("psql \"$URL\" -c 'DROP SCHEMA public CASCADE'\npsql \"$URL\" < saved/shop_[day].sql"),
              ElementsAre("2 drop-cascade", "2 restore-unproven", "3 psql-goes-on"));
  EXPECT_THAT(Shell("pg_dump --format=custom --file=\"before-$RUN.dump\" \"$URL\"\n"
                    "createdb restored\n"
                    "pg_restore --exit-on-error --dbname=restored \"saved/shop-$RUN.dump\"\n"
                    "psql -v ON_ERROR_STOP=1 -c 'ALTER DATABASE shop RENAME TO shop_old' postgres"),
              IsEmpty());
}

TEST(Defects, WhatIsOrderedByIsNotWrittenSecretsStandInClearAndADumpIsNotEncrypted) {
  EXPECT_THAT(Found(Fenced("sql", "INSERT INTO releases (version, title) VALUES ('v2', 'two');") +
                    Fenced("sql", "SELECT version FROM releases ORDER BY applied_at DESC LIMIT 1;") +
                    Fenced("json", "{ \"user\": \"shop\",\n  \"password\": \"tulip-seven\" }") +
                    "Every backup must be encrypted.\n" + Fenced("sh", "pg_dump shop > \"shop-$RUN.sql\"")),
              ElementsAre("5 orders-by-unwritten", "9 secret-in-clear", "13 backup-in-clear"));
  EXPECT_THAT(Found(Fenced("sql", "INSERT INTO releases (version, applied_at) VALUES ('v2', now());") +
                    Fenced("sql", "SELECT version FROM releases ORDER BY applied_at DESC LIMIT 1;") +
                    Fenced("json", "{ \"user\": \"shop\",\n  \"password\": \"${{ secrets.SHOP }}\" }") +
                    "Every backup must be encrypted.\n" +
                    Fenced("sh", "set -o pipefail\npg_dump shop | age -r \"$KEY\" -o \"shop-$RUN.age\"")),
              IsEmpty());
}

TEST(Defects, ATemplateWhosePasswordIsToBeGeneratedHoldsNone) {
  EXPECT_THAT(Found(Fenced("json",
                           "{ \"database\": { \"password\": \"secure_password\" },\n"
                           "  \"admin\": { \"password\": \"auto_generated_or_provided\" } }")),
              ElementsAre("2 secret-in-clear"));
  EXPECT_THAT(Found(Fenced("json",
                           "{ \"database\": { \"password\": \"auto_generated_or_provided\" },\n"
                           "  \"admin\": { \"password\": \"Auto-generated\" } }")),
              IsEmpty());
}

TEST(Defects, AllCustomersAreUpdatedAtOnce) {
  EXPECT_THAT(Shell("# Bring every customer up to date, all customers at the same time\n./update.sh"),
              ElementsAre("2 all-at-once"));
  EXPECT_THAT(Shell("# One customer first, then waves; never all customers at the same time\n./update.sh "
                    "--ring canary"),
              IsEmpty());
}

TEST(Defects, AScriptFromTheNetIsExecutedAndAKeyIsAnArgument) {
  EXPECT_THAT(Shell("curl -s https://get.example.com/tool/main/setup.sh | sudo bash\n"
                    "tool keys:set \"the-key-of-64-hex-digits\""),
              ElementsAre("2 curl-pipe-shell", "2 unpinned-download", "3 secret-in-argv"));
  EXPECT_THAT(Shell("curl -fsSo setup.sh https://get.example.com/tool/v1.4.2/setup.sh\n"
                    "echo \"$DIGEST  setup.sh\" | sha256sum --check\nbash setup.sh\n"
                    "tool keys:set --file /run/keys/tool"),
              IsEmpty());
}

TEST(Defects, ANewKeyIsPublishedBeforeTheNodesHoldIt) {
  EXPECT_THAT(Shell("tool keys:new   # Generate new key\ntool config:seal # Encrypt with new key\n"
                    "tool config:save # Push to the repository\n# Copy the key to all nodes\ntool keys:send"),
              ElementsAre("4 key-before-holders"));
  EXPECT_THAT(Shell("tool keys:new   # Generate new key\n# Copy the key to all nodes, beside the old "
                    "one\ntool keys:send\n"
                    "tool config:seal # Encrypt with new key\ntool config:save # Push to the repository"),
              IsEmpty());
}

TEST(Defects, TheExampleOfACanaryContradictsTheText) {
  EXPECT_THAT(Found("Lambdas get 10 percent, and all after 20 minutes.\n\n" +
                    Fenced("json", "{ \"type\": \"Canary10Percent5Minutes\" }")),
              ElementsAre("4 number-contradicts"));
  EXPECT_THAT(Found("Lambdas get 10 percent, and all after 5 minutes.\n\n" +
                    Fenced("json", "{ \"type\": \"Canary10Percent5Minutes\" }")),
              IsEmpty());
}

TEST(Defects, AnImageIsSignedByItsTagBeforeThePushWithAListOfTheFolder) {
  EXPECT_THAT(Shell("syft . -o spdx-json > list.json\ncosign sign $IMAGE:$TAG\n"
                    "cosign attest --predicate list.json $IMAGE:$TAG\ndocker push $IMAGE:$TAG"),
              ElementsAre("2 sbom-of-another", "3 sign-before-push", "3 sign-by-tag", "4 sign-before-push"));
  EXPECT_THAT(Shell("docker push $IMAGE:$TAG\nsyft $IMAGE@$DIGEST -o spdx-json > list.json\n"
                    "cosign sign $IMAGE@$DIGEST\ncosign attest --predicate list.json $IMAGE@$DIGEST"),
              IsEmpty());
}

TEST(Defects, ABurnRateIsNoneOfThePairsOfAlerts) {
  const Text texts[] = {{"page.md", "- Page at 2 % of the error budget in 2 hours"}};
  const auto found = LintTexts(texts, {})[0];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].rule, "burn-rate");
  EXPECT_THAT(found[0].what, testing::HasSubstr("7.2x"));
  EXPECT_THAT(Found("- Page at 2 % of the error budget in 1 hour"), IsEmpty());
}

constexpr std::string_view kRollout = R"(on: push
jobs:
  deploy:
    timeout-minutes: 15
    steps:
      - uses: azure/setup-kubectl@VERSION
      - run: |
          kubectl set image deployment/shop shop=registry.example.com/shop:$SHA
)";

TEST(Defects, ARolloutHasNoTimeoutNoUndoAndNoMigration) {
  std::string bad(kRollout), good(kRollout);
  bad.replace(bad.find("VERSION"), 7, "v4");
  bad += "          kubectl rollout status deployment/shop\n";
  good.replace(good.find("VERSION"), 7, "0123456789abcdef0123456789abcdef01234567");
  good +=
      "          ./migrate.sh\n          kubectl rollout status --timeout=5m deployment/shop || {\n"
      "            kubectl rollout undo deployment/shop\n            exit 1; }\n";
  const std::string checklist = "- [ ] Migrations of the database applied\n";
  EXPECT_THAT(Found(Fenced("yaml", bad) + checklist),
              ElementsAre("4 deploy-without-migration", "7 action-by-tag", "9 rollout-without-undo",
                          "10 rollout-without-timeout"));
  EXPECT_THAT(Found(Fenced("yaml", good) + checklist), IsEmpty());
}

std::string Manifest(std::string_view live, std::string_view role) {
  return Fenced("yaml",
                "kind: Deployment\nspec:\n  containers:\n  - name: shop\n    image: shop@sha256:00\n"
                "    livenessProbe:\n      httpGet: { path: " +
                    std::string(live) +
                    ", port: 80 }\n    readinessProbe:\n      httpGet: { path: /ready, port: 80 }" +
                    std::string(role));
}

TEST(Defects, ProbesLookAtNothingARoleIsUnboundSessionsAreEndedAndTheObjectiveCannotBeMet) {
  constexpr std::string_view kRole = "\n---\nkind: Role\nmetadata: { name: reader }";
  constexpr std::string_view kBound = "\n---\nkind: RoleBinding\nroleRef: { name: reader }";
  EXPECT_THAT(Found(Manifest("/ready", kRole)), ElementsAre("8 probes-alike", "12 role-unbound"));
  EXPECT_THAT(Found(Manifest("/live", std::string(kRole) + std::string(kBound))), IsEmpty());
  EXPECT_THAT(
      Shell("psql -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'\""),
      ElementsAre("2 terminates-everybody"));
  EXPECT_THAT(
      Shell("psql -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND "
            "datname = current_database()\""),
      IsEmpty());
  EXPECT_THAT(Found("A daily dump of the database.\n\nRPO: 2 hours\n"),
              ElementsAre("3 objective-unreachable"));
  EXPECT_THAT(Found("A daily dump, and the WAL is archived.\n\nRPO: 2 hours\n"), IsEmpty());
}

TEST(Defects, TwoPagesContradict) {
  const Text texts[] = {{"one.md", "RTO: 4 hours, RPO 1 h\n"},
                        {"two.md", "Our RTO is 30 minutes.\n\nRPO: 60 min\n"}};
  EXPECT_THAT(Found(texts), ElementsAre("1 pages-contradict"));
  const Text agreed[] = {{"one.md", "RTO: 4 hours\n"}, {"two.md", "Our RTO is 4 h.\n"}};
  EXPECT_THAT(Found(agreed), IsEmpty());
}

// A step with its undo, as argument lists; the rules that are told.
std::vector<std::string> WithUndo(std::string_view forward, std::string_view undo,
                                  std::string_view more = "") {
  const std::string text =
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: shop }\nphases:\n  - id: one\n    steps:\n" +
      std::string(more) + "      - id: put\n        uses: exec.run\n        with: { argv: [" +
      std::string(forward) + "] }\n        undo:\n          uses: exec.run\n          with: { argv: [" +
      std::string(undo) + "] }\n";
  const auto procedure = procedure::Parse(text, "shop.yaml");
  if (!procedure) return {procedure.error()[0].what};
  std::vector<std::string> out;
  for (const base::Diagnostic& d : Lint(*procedure, {.today = "2026-11-21"}))
    out.push_back(std::to_string(d.at.line) + " " + d.rule);
  return out;
}

TEST(Defects, AnUndoRestoresWhatIsNamedByTheRunAndTheRunNeverWroteThat) {
  constexpr std::string_view kByRun = R"(cp, "backup/page.${{ run.id }}", page)";
  EXPECT_THAT(WithUndo("cp, page, backup/page.kept", kByRun), testing::IsSupersetOf({"12 reads-unwritten"}));
  EXPECT_THAT(WithUndo(R"(cp, page, "backup/page.${{ run.id }}")", kByRun), IsEmpty());
  // Written by an earlier step, under a name of the same form; and as what is only said.
  EXPECT_THAT(WithUndo("cp, new, page", kByRun,
                       "      - id: keep\n        uses: exec.run\n"
                       "        with: { argv: [cp, page, \"backup/page.${{ run.id }}\"] }\n"),
              IsEmpty());
  EXPECT_THAT(WithUndo("make, deploy", R"(make, back, "WHY=${{ run.id }}")"), IsEmpty());
}

// ---- procedures and waivers

std::vector<std::string> InProcedure(std::string_view waivers_of_document, std::string_view waivers_of_step,
                                     std::string_view shell = "curl -s https://get.example.com/x.sh | bash") {
  const std::string text =
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: shop, waivers: [" +
      std::string(waivers_of_document) +
      "] }\nphases:\n  - id: one\n    steps:\n      - id: fetch\n        uses: exec.run\n        with:\n" +
      "          shell: |\n            set -e\n            " + std::string(shell) + "\n        waivers: [" +
      std::string(waivers_of_step) +
      "]\n      - { id: look, uses: exec.check, with: { argv: [\"true\"] } }\n";
  const auto procedure = procedure::Parse(text, "shop.yaml");
  if (!procedure) return {procedure.error()[0].what};
  std::vector<std::string> out;
  for (const base::Diagnostic& d : Lint(*procedure, {.today = "2026-11-21"}))
    out.push_back(std::to_string(d.at.line) + ":" + std::to_string(d.at.column) + " " + d.rule);
  return out;
}

constexpr std::string_view kWaiver =
    "{ rule: curl-pipe-shell, reason: the vendor has no other way, by: kim, until: 2026-12-31 }";

TEST(Waivers, AStepIsJudgedAtItsPlaceInTheProcedure) {
  EXPECT_THAT(InProcedure("", ""), ElementsAre("12:13 curl-pipe-shell"));
}

TEST(Waivers, OneInTheDocumentOrTheStepSilencesItsRule) {
  EXPECT_THAT(InProcedure(kWaiver, ""), IsEmpty());
  EXPECT_THAT(InProcedure("", kWaiver), IsEmpty());
}

TEST(Waivers, ThePageShowsThem) {
  const auto procedure = procedure::Parse(
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: shop, waivers: [" + std::string(kWaiver) +
          "] }\nphases: [ { id: one, steps: [ { id: ask, confirm: {} } ] } ]\n",
      "shop.yaml");
  ASSERT_TRUE(procedure);
  EXPECT_THAT(procedure::PrintPage(*procedure),
              testing::HasSubstr(
                  "> **Waived until 2026-12-31: `curl-pipe-shell` by `kim`, the vendor has no other way**"));
}

TEST(Waivers, OneThatIsExpiredUnknownOrUnusedIsAFinding) {
  std::string expired(kWaiver), unknown(kWaiver);
  expired.replace(expired.find("2026-12-31"), 10, "2026-11-20");
  unknown.replace(unknown.find("curl-pipe-shell"), 15, "curl-pipe-shel");
  EXPECT_THAT(InProcedure(expired, ""), ElementsAre("12:13 curl-pipe-shell", "3:33 waiver-expired"));
  EXPECT_THAT(InProcedure("", unknown), ElementsAre("12:13 curl-pipe-shell", "13:19 waiver-unknown"));
  EXPECT_THAT(InProcedure("", kWaiver, "./x.sh"), ElementsAre("13:19 waiver-unused"));
}

// ---- waivers in the comments of pages and workflows

constexpr std::string_view kPiped = "```bash\ncurl -s https://get.example.com/x.sh | bash\n```\n";

std::string Comment(std::string_view waiver) {
  return "<!-- slipway:waive " + std::string(waiver) + " -->\n";
}

TEST(WaiversInText, OneAboveTheFirstHeadingCountsForThePage) {
  const std::string page = "\n# Page\n\n## One\n" + std::string(kPiped) + "\n## Two\n" + std::string(kPiped);
  EXPECT_THAT(Found(page), ElementsAre("6 curl-pipe-shell", "11 curl-pipe-shell"));
  EXPECT_THAT(Found(Comment(kWaiver) + page), IsEmpty());
}

TEST(WaiversInText, OneBelowAHeadingCountsForWhatStandsThereAndForTheHeadingsWithinIt) {
  const std::string one = "# Page\n## One\n" + Comment(kWaiver) + "### Within\n" + std::string(kPiped);
  EXPECT_THAT(Found(one), IsEmpty());
  EXPECT_THAT(Found(one + "## Two\n" + std::string(kPiped)), ElementsAre("10 curl-pipe-shell"));
}

TEST(WaiversInText, OneMayGoOverSeveralLines) {
  EXPECT_THAT(
      Found("<!--\n  slipway:waive {\n  rule: curl-pipe-shell, reason: \"there is no other way, they say\",\n"
            "  by: kim, until: 2026-12-31 }\n-->\n" +
            std::string(kPiped)),
      IsEmpty());
}

TEST(WaiversInText, OneInCodeIsAnExampleAndWaivesNothing) {
  EXPECT_THAT(Found(Fenced("markdown", Comment(kWaiver)) + std::string(kPiped)),
              ElementsAre("6 curl-pipe-shell"));
}

TEST(WaiversInText, OneThatIsExpiredUnknownOrUnusedIsAFinding) {
  std::string expired(kWaiver), unknown(kWaiver);
  expired.replace(expired.find("2026-12-31"), 10, "2026-11-20");
  unknown.replace(unknown.find("curl-pipe-shell"), 15, "curl-pipe-shel");
  EXPECT_THAT(Found(Comment(expired) + std::string(kPiped)),
              ElementsAre("1 waiver-expired", "3 curl-pipe-shell"));
  EXPECT_THAT(Found(Comment(unknown) + std::string(kPiped)),
              ElementsAre("1 waiver-unknown", "3 curl-pipe-shell"));
  EXPECT_THAT(Found(Comment(kWaiver) + "Nothing.\n"), ElementsAre("1 waiver-unused"));
}

TEST(WaiversInText, OneThatIsNotWholeIsAnErrorAtItsPlaceAndWaivesNothing) {
  const auto first = [](std::string page) {
    const Text texts[] = {{"page.md", std::move(page)}};
    const auto found = LintTexts(texts, {.today = "2026-11-21"})[0];
    if (found.empty()) return std::string();
    return base::Render({found[0]}, "").substr(0, 200);
  };
  EXPECT_THAT(first("text\n  <!-- slipway:waive { rule: curl-pipe-shell, reason: r, by: kim } -->\n"),
              testing::HasSubstr("page.md:2:22: error: `until` is missing in waiver"));
  EXPECT_THAT(
      first("<!-- slipway:waive\n { rule: curl-pipe-shell, reason: r, by: kim, until: tomorrow } -->\n"),
      testing::AllOf(testing::HasSubstr("page.md:2:"), testing::HasSubstr("error: ")));
  EXPECT_THAT(first("<!-- slipway:waive { rule: x -->\n"), testing::HasSubstr("page.md:1:"));
  EXPECT_THAT(first("<!-- slipway:waive -->\n"),
              testing::HasSubstr("page.md:1:6: error: nothing is waived here"));
  EXPECT_THAT(first("<!-- slipway:allow { rule: x } -->\n"),
              testing::HasSubstr("page.md:1:6: error: `slipway:allow` is no word of ours"));
  EXPECT_THAT(first("<!-- slipway:waive { rule: x }\n"), testing::HasSubstr("is never closed"));
}

TEST(WaiversInText, AWorkflowWaivesInItsCommentsForAJobOrForTheFile) {
  const std::string waive =
      "# slipway:waive { rule: job-without-timeout, reason: it is short, by: kim, until: 2026-12-31 }\n";
  const auto workflow = [&](bool top, bool above, bool within) {
    const std::string job = "    runs-on: x\n    environment: prod\n    steps:\n      - run: make deploy\n";
    const Text texts[] = {{"ci.yaml", (top ? waive : "") + "on: push\njobs:\n" + (above ? "  " + waive : "") +
                                          "  one:\n" + job + (within ? "    " + waive : "") + "  two:\n" +
                                          job}};
    std::vector<std::string> rules;
    for (const base::Diagnostic& d : LintTexts(texts, {.today = "2026-11-21"})[0])
      rules.push_back(std::to_string(d.at.line) + " " + d.rule);
    return rules;
  };
  ASSERT_THAT(workflow(false, false, false), ElementsAre("3 job-without-timeout", "8 job-without-timeout"));
  EXPECT_THAT(workflow(true, false, false), IsEmpty());
  EXPECT_THAT(workflow(false, true, false), ElementsAre("9 job-without-timeout"));
  EXPECT_THAT(workflow(false, false, true), ElementsAre("9 job-without-timeout"));
}

TEST(Defects, EveryRuleOfPagesHasADangerAndASafeForm) {
  for (const Rule& rule : Rules()) {
    EXPECT_FALSE(rule.danger.empty() || rule.safe.empty()) << rule.id;
    EXPECT_FALSE(rule.danger.ends_with('.')) << rule.id;
    EXPECT_TRUE(base::IsId(rule.id)) << rule.id;
  }
  EXPECT_NE(FindRule("drop-cascade"), nullptr);
  EXPECT_EQ(FindRule("nothing"), nullptr);
}

}  // namespace
}  // namespace slipway::lint
