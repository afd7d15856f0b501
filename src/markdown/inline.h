// What stands within a line of Markdown: emphasis, code spans, links. Linear in the text; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::markdown {

// The text a reader sees: without the marks of emphasis, code, links, escapes and HTML comments. `_` within a
// word stays, and so does a mark that closes nothing. `<name>` stays: pages use it for what the reader has to
// put in.
std::string Plain(std::string_view text);

// The contents of the code spans, in order.
std::vector<std::string> CodeSpans(std::string_view text);

// Whether the text is one strong emphasis (`**…**` or `__…__`) and nothing else but a full stop or colon.
bool IsStrong(std::string_view text);

}  // namespace slipway::markdown
