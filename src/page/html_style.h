// The style of a page as HTML: for paper first. Internal to this folder.
//
// Black on white. A verdict is told by its sign, its word and its frame: pass a thin line, fail white on
// black, unknown a dashed line.
#pragma once

#include <string_view>

namespace slipway::page {

inline constexpr std::string_view kStyle = R"css(
@page {
  size: A4; margin: 20mm 16mm 20mm 18mm;
  @top-left { font: 8pt "Liberation Sans", "DejaVu Sans", Arial, sans-serif; color: #333; vertical-align: bottom; padding-bottom: 4mm }
  @bottom-left { font: 7pt "Liberation Mono", "DejaVu Sans Mono", monospace; color: #333; vertical-align: top; padding-top: 4mm; white-space: nowrap }
  @bottom-right { content: "page " counter(page) " of " counter(pages); font: 8pt "Liberation Sans", "DejaVu Sans", Arial, sans-serif; color: #333; vertical-align: top; padding-top: 4mm; white-space: nowrap }
}
* { box-sizing: border-box }
html { font: 10.5pt/1.42 "Liberation Sans", "DejaVu Sans", Arial, sans-serif; color: #000; background: #fff }
body { margin: 0 auto; padding: 0 .4mm; max-width: 178mm }
@media screen { body { padding: 10mm 6mm } }
h1 { font-size: 19pt; line-height: 1.2; margin: 0 0 2mm }
h2 { font-size: 13.5pt; margin: 8mm 0 2.5mm; padding-bottom: 1mm; border-bottom: 1.2pt solid #000; break-after: avoid }
h3 { font-size: 11pt; margin: 0 0 1.5mm; break-after: avoid }
h4 { font-size: 10.5pt; margin: 3mm 0 1mm; break-after: avoid }
h2 + p, h2 + .prose { break-after: avoid }
p { margin: 0 0 2mm; orphans: 2; widows: 2 }
a { color: inherit }
code, pre { font: 9pt/1.4 "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
code { background: #f1f1f1; padding: 0 .25em; border-radius: 2px }
pre { background: #f6f6f6; border: .6pt solid #bbb; padding: 1.5mm 2mm; margin: 0 0 2mm; white-space: pre-wrap; break-inside: avoid }
pre > span { white-space: pre }
ul, ol { margin: 0 0 2mm; padding-left: 5.5mm }
li { margin: 0 0 1mm; break-inside: avoid }
li > p { margin: 0 0 1mm } li > ul { margin: 1mm 0 0 }
li.tick { list-style: none; position: relative }
li.tick > .box { position: absolute; left: -5.5mm; top: .25mm }
.box { display: inline-block; width: 3.6mm; height: 3.6mm; border: 1pt solid #000; background: #fff; text-align: center; font: bold 9pt/3.2mm "DejaVu Sans", sans-serif; vertical-align: -.4mm }
.step { break-inside: avoid; margin: 0 0 4mm; padding: 2mm 0 0 8mm; border-top: .6pt solid #999; position: relative }
.step > h3 > .box { position: absolute; left: 0; top: 2.4mm; width: 4.4mm; height: 4.4mm; font-size: 11pt; line-height: 3.9mm }
.step:has(table.facts), .step:has(tr:nth-child(20)) { break-inside: auto }
h2 + .step { border-top: 0 }
.blank { display: inline-block; min-width: 42mm; border-bottom: .8pt solid #000; height: 1.1em; vertical-align: -.1em }
.sign { display: flex; align-items: baseline; gap: 1.5mm; margin: 3.5mm 0 2mm; white-space: nowrap; break-inside: avoid }
.sign > .blank { flex: 1; min-width: 20mm }
.note { border: 1.5pt solid #000; padding: 2mm 3mm; font-weight: bold; break-inside: avoid }
.prose { margin: 0 0 2mm }
table { border-collapse: collapse; width: 100%; margin: 0 0 3mm; font-size: 9.5pt }
thead { display: table-header-group }
tr { break-inside: avoid }
th, td { border: .6pt solid #999; padding: .8mm 1.6mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { background: #eee; white-space: nowrap }
table.facts td:first-child { width: 27mm; background: #f6f6f6 }
table.facts { break-inside: avoid-page }
td:first-child:nth-last-child(5), .step table:has(tr:nth-child(20)) td:first-child { white-space: nowrap }
table:has(td:nth-child(5)) { font-size: 8pt }
td:nth-child(2):nth-last-child(4), td:nth-child(5):nth-last-child(1) code { white-space: nowrap }
td code { font-size: 8pt }
.step table:has(tr:nth-child(20)) { font-size: 8pt }
blockquote { margin: 0 0 2mm; padding-left: 3mm; border-left: 2pt solid #999 }
.verdict { font-weight: bold; font-size: 9pt; padding: 0 .45em; white-space: nowrap; border: 1pt solid #000; border-radius: 2px; font-family: "DejaVu Sans", "Liberation Sans", sans-serif }
.verdict.fail { background: #000; color: #fff; -webkit-print-color-adjust: exact; print-color-adjust: exact }
.verdict.unknown { border-style: dashed; border-width: 1.4pt }
.verdict.none { border-color: #999; font-weight: normal }
)css";

}  // namespace slipway::page
