// Documents written to hurt: each must give a clear error, quickly and in little memory. A child process
// parses, lints and renders; it is ended after ten seconds of CPU, and its memory is read from the kernel.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "lint/lint.h"
#include "procedure/page.h"

namespace slipway::lint {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLIPWAY_SANITIZED 1
#endif
#endif
#ifdef SLIPWAY_SANITIZED
constexpr bool kMeasured = false;  // a sanitizer's own memory would be measured
#else
constexpr bool kMeasured = true;
#endif

// A sanitizer makes each flood some ten times dearer: it gets a quarter of it.
constexpr std::size_t kShare = kMeasured ? 1 : 4;

constexpr std::string_view kHead = R"(apiVersion: slipway/v1
kind: Procedure
metadata: { id: x }
phases:
  - id: p
    steps:
)";

std::string Repeat(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

std::string Outcome(const std::string& text) {
  auto parsed = procedure::Parse(text, "hostile.yaml");
  if (!parsed) return base::Render(parsed.error(), text);
  const std::string page = procedure::PrintPage(*parsed);
  return "accepted\n" + base::Render(Lint(*parsed, {.today = "2026-01-01"}), text);
}

std::string OutcomeOfPage(const std::string& text) {
  const Text page[] = {{"page.md", text}};
  return "read\n" + base::Render(LintTexts(page, {})[0], text);
}

// What the child said, at most 64 KiB of it; empty when it died.
std::string InChild(const std::function<std::string()>& outcome) {
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    constexpr rlim_t kSeconds = kMeasured ? 10 : 60;
    const rlimit limit{kSeconds, kSeconds};
    setrlimit(RLIMIT_CPU, &limit);
    const std::string said = outcome().substr(0, 65536);
    const bool sent = write(pipe_fds[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    _exit(sent ? 0 : 1);
  }
  close(pipe_fds[1]);
  std::string said(65536, '\0');
  std::size_t size = 0;
  for (ssize_t n; (n = read(pipe_fds[0], said.data() + size, said.size() - size)) > 0;)
    size += static_cast<std::size_t>(n);
  close(pipe_fds[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  EXPECT_EQ(status, 0);
  if (kMeasured) {
    EXPECT_LT(usage.ru_maxrss, 200 * 1024) << "KiB";
  }
  if (std::getenv("SLIPWAY_SHOW_COST") != nullptr)
    fprintf(stderr, "%7.3f s %7ld KiB  %.90s\n",
            static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
            usage.ru_maxrss, said.c_str());
  said.resize(size);
  return said;
}

void Expect(const std::string& text, std::string_view what) {
  const std::string said = InChild([&] { return Outcome(text); });
  EXPECT_NE(said.find(what), std::string::npos) << said.substr(0, 400);
}

std::string Steps(std::size_t count, const std::function<std::string(std::size_t)>& step) {
  std::string out(kHead);
  for (std::size_t i = 0; i < count; ++i) out += step(i);
  return out;
}

TEST(Hostile, AliasBombsAreRefusedAtTheFirstAnchor) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [" + Repeat("*" + before + ", ", 9) + "*" + before + "]\n";
  }
  Expect(bomb, "1:4: error: anchors are not allowed");
}

TEST(Hostile, DeepNestingIsRefused) {
  Expect(Repeat("[", 10000), "deeper than 64");
  Expect(Repeat("{a: ", 10000), "deeper than 64");
  Expect(Repeat("- ", 10000) + "x", "deeper than 64");
  Expect(std::string(kHead) + "      - { id: a, uses: exec.run, with: { x: " + Repeat("[", 10000),
         "deeper than 64");
  Expect(std::string(kHead) + "      - { id: a, uses: exec.run, when: \"" + Repeat("(", 4000) + "\" }\n",
         "32 levels");
}

TEST(Hostile, BytesThatAreNoTextAreRefused) {
  Expect(std::string(kHead) + "      - { id: \"\xC3\x28\", uses: x }\n", "UTF-8");
  Expect(std::string(kHead) + "      - { id: \"a\xED\xA0\x80\", uses: x }\n", "UTF-8");
  Expect(std::string(kHead) + std::string("      - { id: \"a\0b\", uses: x }\n", 31), "NUL");
  Expect(std::string(kHead) + "      - { id: \"a\\0b\", uses: x }\n", "error");
}

TEST(Hostile, DuplicateKeysAndIdsAreRefused) {
  Expect("kind: a\nkind: b\n", "2:1: error: ");
  Expect(std::string(kHead) + "      - { id: a, id: b, uses: exec.run }\n", "a second time");
  Expect(std::string(kHead) + Repeat("      - { id: a, uses: exec.run }\n", 3),
         "the step id `a` stands here twice");
}

TEST(Hostile, HugeNumbersAreRefused) {
  const auto step = [](const std::string& rest) {
    return std::string(kHead) + "      - { id: a, uses: exec.run, " + rest + " }\n";
  };
  Expect(step("retry: { attempts: 99999999999999999999999 }"), "`attempts` must be an integer");
  Expect(step("retry: { attempts: -1 }"), "`attempts` must be an integer");
  Expect(step("retry: { attempts: 1e9 }"), "`attempts` must be an integer");
  Expect(step("timeout: 999999999999999999999d"), "is not a duration");
  Expect(step("timeout: 9223372036854775807d"), "is not a duration");
  Expect(step("when: 99999999999999999999999 == 1"), "is not an integer");
  Expect(step("timeout: " + Repeat("9", 1 << 20) + "s"), "is not a duration");
}

TEST(Hostile, MoreThanFourMebibytesAreRefused) {
  Expect(Repeat("# a comment\n", 400000), "4 MiB");
  Expect(Repeat("x", (4 << 20) + 1), "4 MiB");
}

TEST(Hostile, PathsAreNoNames) {
  for (std::string_view name :
       {"../../etc/passwd", "/etc/passwd", "a/b", "..", "a\\\\b", "A", "", "-a", "a b", "${{ x }}"}) {
    const std::string quoted = "\"" + std::string(name) + "\"";
    Expect(std::string(kHead) + "      - { id: " + quoted + ", uses: exec.run }\n", "error");
    Expect(std::string(kHead) + "      - { id: a, uses: " + quoted + " }\n", "error");
    Expect("apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: " + quoted + " }\nphases: []\n",
           "error");
    // A release may be called A or -a; nothing that leads elsewhere.
    std::string_view why = "is not the name of a release";
    if (name == "-a" || name == "A") why = "`kind` is missing";
    if (name == "${{ x }}") why = "an expression cannot stand here";
    Expect("parameters: { r: { type: release, default: " + quoted + " } }\n", why);
  }
  Expect(std::string(kHead) + "      - { id: " + Repeat("a", 65) + ", uses: exec.run }\n", "is not an id");
}

TEST(Hostile, FloodsOfEverythingStayCheap) {
  // As much of each as 4 MiB or 200,000 nodes hold.
  Expect("apiVersion: x\n" + Repeat("# " + Repeat("a=b://c:d@e ", 6) + "\n", 50000), "`apiVersion` must be");
  std::string keys;
  for (int i = 0; i < 90000; ++i) keys += "key" + std::to_string(i) + ": x\n";
  Expect(keys, "there are more errors");
  Expect(Steps(20000 / kShare,
               [](std::size_t i) { return "      - { id: s" + std::to_string(i) + ", uses: exec.run }\n"; }),
         "accepted");
  Expect(Steps(20000,
               [](std::size_t i) {
                 return "      - { id: s" + std::to_string(i) + ", uses: exec.run, needs: [s" +
                        std::to_string(19999 - i) + "] }\n";
               }),
         "there are more errors");
  Expect(Steps(15000,
               [](std::size_t i) {
                 return "      - { id: s" + std::to_string(i) + ", uses: exec.run, with: { a: \"${{ steps.t" +
                        std::to_string(i) + ".outputs.x }}\" } }\n";
               }),
         "there are more errors");
  Expect(Steps(500,
               [](std::size_t i) {
                 return "      - { id: s" + std::to_string(i) + ", uses: exec.run, with: { a: \"" +
                        Repeat("${{run.id}}", 700) + "\" } }\n";
               }),
         "reads more than 20,000 names");
  Expect(Steps(1,
               [](std::size_t) {
                 return "      - { id: s, uses: exec.run, with: { a: \"" + Repeat("${{a}}", 690000) +
                        "\" } }\n";
               }),
         "more than 1000 expressions");
  Expect(Steps(900 / kShare,
               [](std::size_t i) {
                 return "      - { id: s" + std::to_string(i) + ", uses: exec.run, when: \"true" +
                        Repeat("&&true", 660) + "\" }\n";
               }),
         "accepted");
  std::string flags = "parameters: { ";
  for (char c = 'a'; c <= 'i'; ++c) flags += std::string(1, c) + ": { type: boolean }, ";
  Expect(flags + "}\n" +
             Steps(900 / kShare,
                   [](std::size_t i) {
                     return "      - { id: s" + std::to_string(i) + ", uses: exec.run, when: \"false" +
                            Repeat("||false", 520) +
                            "||parameters.a&&!parameters.a&&parameters.b&&parameters.c&&parameters.d&&"
                            "parameters.e&&parameters.f"
                            "&&parameters.g&&parameters.h&&parameters.i" +
                            "\" }\n";
                   }),
         "accepted");
  Expect("metadata: { title: \"" + Repeat("x", (4 << 20) - 100) + "\" }\n", "missing");
  Expect(Repeat("a", (4 << 20) - 100) + ": x\n", "error");
  Expect("parameters: { p: { pattern: \"" + Repeat("(((a{1,100}){1,100}){1,10})", 1000) + "\" } }\n",
         "not a pattern");
  Expect("parameters: { p: { pattern: \"" + Repeat("a{1,1000}", 30) + "\" } }\n", "pattern too large");
}

TEST(Hostile, FloodsOfPatternsAreEndedByWhatTheyAreTogether) {
  std::string parameters = "parameters:\n";
  for (int i = 0; i < 1000; ++i)
    parameters += "  p" + std::to_string(i) + ": { pattern: '(a{1,100}){1,9}', default: aaa }\n";
  Expect(parameters, "the patterns of this document are too large together");
  Expect(
      "parameters:\n" +
          [] {
            std::string more;
            for (int i = 0; i < 40000; ++i) more += "  p" + std::to_string(i) + ": {}\n";
            return more;
          }(),
      "more than 1000 parameters");
  Expect(Steps(15000 / kShare,
               [](std::size_t i) {
                 return "      - { id: s" + std::to_string(i) +
                        ", uses: exec.run, when: \"matches(run.id, '(a{1,100}){1,9}')\" }\n";
               }),
         "the patterns of this document are too large together");
  Expect(Steps(1400 / kShare,
               [](std::size_t i) {
                 return "      - { id: s" + std::to_string(i) + ", uses: exec.run, when: \"true" +
                        Repeat(" || matches('a', 'a{1,1000}')", 100) + "\" }\n";
               }),
         "the patterns are too large together");
}

TEST(Hostile, FloodsOfTicksOnOneLineStayCheap) {
  std::string items;
  for (int i = 0; i < 190000 / static_cast<int>(kShare); ++i) items += "f" + std::to_string(i) + ",";
  Expect(
      Steps(1, [&](std::size_t) { return "      - { id: s, confirm: { checklist: [" + items + "] } }\n"; }),
      "accepted");
}

TEST(Hostile, FloodsOfWordsInACommandStayCheap) {
  for (std::string_view words : {"curl -u ", "a ", "curl;", "--token ", "key:x ", "'a b' "})
    Expect(Steps(1,
                 [&](std::size_t) {
                   return "      - { id: s, uses: exec.run, with: { shell: \"" +
                          Repeat(words, ((4 << 20) - 1000) / kShare / words.size()) + "\" } }\n";
                 }),
           "accepted");
}

// 128 KiB of it, in a block of shell and as the page itself.
TEST(Hostile, FloodsOfALineInAPageStayCheap) {
  for (const std::string_view line : {"$(curl)\n", "read a\n", "on:\n", "cp backup/$a b\n"}) {
    const std::string flood = Repeat(line, (128 << 10) / line.size());
    EXPECT_EQ(InChild([&] { return OutcomeOfPage("```sh\n" + flood + "```\n"); }).substr(0, 4), "read");
    EXPECT_EQ(InChild([&] { return OutcomeOfPage(flood); }).substr(0, 4), "read");
  }
}

}  // namespace
}  // namespace slipway::lint
