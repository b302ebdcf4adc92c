// The page's style sheet. White text on each of the areas' colors has a contrast of at least 4.5.
#pragma once

namespace tidbit::convert {

inline constexpr const char *kStyle = R"(
:root { color-scheme: light dark;
  --page: #f4f5f8; --card: #ffffff; --text: #1b2230; --faint: #626d80; --edge: #dfe3ea; --frame: #e9ecf2;
  --accent: #2f5fd0; --heat: #c23a12; --hot: #ffffff; --row: #f7f8fb; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0e1116; --card: #171c24; --text: #e4e8ef; --faint: #97a1b2; --edge: #2a313d; --frame: #222934;
  --accent: #86aaff; --heat: #f2703f; --hot: #14080a; --row: #1b212b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 40px 20px 56px; }
header { margin: 0 4px 26px; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 19px; letter-spacing: -.01em; }
p { margin: 4px 0 16px; color: var(--faint); max-width: 96ch; overflow-wrap: anywhere; }
header p { margin: 8px 0 0; }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 14px; padding: 24px 28px;
  margin: 0 0 20px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 0 0 20px;
  padding: 0; list-style: none; }
.cards li { background: var(--card); border: 1px solid var(--edge); border-radius: 14px; padding: 14px 18px; }
.cards b { display: block; font-size: 23px; font-weight: 650; letter-spacing: -.02em; white-space: nowrap; }
.cards span { color: var(--faint); font-size: 13px; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; width: 100%; min-width: 640px; height: auto; }
svg text { font-size: 12px; fill: var(--text); }
.c-embedding { fill: #3d63c4; } .c-mixer { fill: #1c7a70; } .c-ffn { fill: #b65b12; }
.c-small { fill: #667085; } .c-text { fill: #7b4fb0; } .c-rest { fill: #a1456a; }
.p0 { fill: #667085; } .p1 { fill: #1c7a70; } .p2 { fill: #b65b12; } .p3 { fill: #7b4fb0; } .p4 { fill: #a1456a; }
.free { fill: var(--frame); } .missing { fill: #bf2b2b; stroke: var(--card); }
rect.frame { fill: var(--frame); }
g > rect { stroke: var(--card); stroke-width: 1; } g > rect.heat, g > rect.frame { stroke: none; }
g:hover > rect:not(.frame) { filter: brightness(1.12); }
svg text.on { fill: #ffffff; } svg text.on.faint { fill: #ffffff; fill-opacity: .78; }
svg text.faint, svg text.label.faint { fill: var(--faint); }
svg text.head { font-size: 11.5px; font-weight: 600; fill: var(--faint); }
svg text.label { text-anchor: end; } svg text.name { font-weight: 600; }
svg text.number { text-anchor: middle; font-size: 11px; font-variant-numeric: tabular-nums; }
svg text.hot { fill: var(--hot); }
.heat { fill: var(--heat); }
.grid { stroke: var(--edge); } .limit { stroke: #ffffff; stroke-width: 2; }
.mark { stroke: var(--accent); stroke-dasharray: 3 4; }
.point { fill: var(--accent); } .here { fill: none; stroke: var(--accent); stroke-width: 2.5; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0 4px; padding: 0; list-style: none;
  color: var(--faint); font-size: 13px; }
.legend svg { width: 11px; height: 11px; margin-right: 7px; }
.key { font-size: 13px; margin: 0 0 10px; } .key svg { width: 120px; height: 12px; vertical-align: -1px; margin: 0 6px; }
.scroll { overflow-x: auto; max-height: 480px; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 12px; font-size: 13.5px;
  font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--edge); white-space: nowrap; }
th { font-weight: 500; } th:first-child { text-align: left; padding-left: 2px; }
thead th { color: var(--faint); font-size: 12.5px; }
tbody tr:hover { background: var(--row); }
.sum th, .sum td { font-weight: 650; }
.second th, .second td { color: var(--faint); } tr:has(+ .second) > * { border-bottom: 0; padding-bottom: 0; }
details { margin-top: 14px; } summary { cursor: pointer; color: var(--accent); font-size: 14px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 12px 0 0; font-size: 14px; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 640px) { section { padding: 18px 16px; } h1 { font-size: 24px; } dl { grid-template-columns: 1fr; } }
@media print { section, .cards li { break-inside: avoid; } .scroll { max-height: none; } }
)";

}  // namespace tidbit::convert
