// The Markdown of a document's author as HTML. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

namespace slipway::page {

std::string Escaped(std::string_view text);  // printable, and safe between tags and in quoted attributes

// Raw HTML, images and front matter come as the text they are. What cannot be read as Markdown (too long, too
// deep) comes as it is written.
std::string ProseToHtml(std::string_view markdown);

}  // namespace slipway::page
