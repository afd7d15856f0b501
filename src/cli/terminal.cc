#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"

namespace slipway::cli {

namespace {

const char* Colour(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kBad:
      return "\x1b[31m";
    case Style::kCare:
      return "\x1b[33m";
    case Style::kQuiet:
      return "\x1b[2m";
  }
  return "";
}

void Put(std::FILE* file, std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), file); }

void PutLines(std::FILE* file, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Put(file, base::Printable(text.substr(0, end)) + "\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Terminal::Terminal(std::FILE* out, std::FILE* err) : out_(out), err_(err) {
  const char* term = std::getenv("TERM");
  interactive_ = isatty(fileno(out)) == 1 && term != nullptr && std::string_view(term) != "dumb";
  const char* none = std::getenv("NO_COLOR");  // https://no-color.org: set, and not empty
  colours_ = interactive_ && (none == nullptr || *none == '\0');
}

int Terminal::width() const {
  winsize size{};
  if (ioctl(fileno(out_), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 100;
  return size.ws_col;
}

void Terminal::Line(std::string_view text, Style style) {
  const bool colour = colours_ && style != Style::kPlain;
  std::string line;
  if (colour) line += Colour(style);
  line += base::Printable(text);
  if (colour) line += "\x1b[0m";
  line += '\n';
  Put(out_, line);
}

void Terminal::Lines(std::string_view text) { PutLines(out_, text); }

void Terminal::Json(const base::Json& json) {
  std::string text = base::PrettyJson(json);
  if (text.empty() || text.back() != '\n') text += '\n';
  Put(out_, text);
}

void Terminal::Raw(std::string_view bytes) {
  if (interactive_) return Lines(bytes);
  Put(out_, bytes);
}

void Terminal::Warn(std::string_view text) {
  Flush();
  Put(err_, "slipway: " + base::Printable(text) + "\n");
}

void Terminal::ErrLines(std::string_view text) {
  Flush();
  PutLines(err_, text);
}

void Terminal::Error(const base::Error& error) {
  Flush();
  std::string line = "slipway: error: " + base::Printable(error.what);
  if (!error.where.empty()) line += " (" + base::Printable(error.where) + ")";
  line += '\n';
  if (!error.next.empty()) line += "  next: " + base::Printable(error.next) + "\n";
  Put(err_, line);
}

void Terminal::Rewind(int count) {
  if (!interactive_) return;
  for (int i = 0; i < count; ++i) Put(out_, "\x1b[1A\x1b[2K");
  if (count > 0) Put(out_, "\r");
}

void Terminal::Flush() { std::fflush(out_); }

bool Terminal::Lost() {
  Flush();
  struct stat about{};
  return std::ferror(out_) != 0 && ::fstat(::fileno(out_), &about) == 0 && !S_ISFIFO(about.st_mode) &&
         !S_ISSOCK(about.st_mode);
}

}  // namespace slipway::cli
