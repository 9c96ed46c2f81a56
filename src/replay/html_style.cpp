// Light and dark, desk and phone. Lines can be told apart by everybody, also without colour by their strokes (Okabe and
// Ito's colours, as docs/budgets has them).
#include "replay/html_style.h"

namespace bidwell::replay {

const char* const kStyle = R"(<style>
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--back:#fff;--card:#f6f8fa;--blue:#0072b2;--orange:#d55e00;--green:#117a5b;--purple:#9c3d73;--bar:#9fb4c7;--good:#117a5b;--bad:#b3360b;--warn:#fff4e0;--warn-line:#d08700}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa5b1;--line:#30363d;--back:#0d1117;--card:#161b22;--blue:#56b4e9;--orange:#f0a35e;--green:#3ecf9b;--purple:#e18fbc;--bar:#46607a;--good:#3ecf9b;--bad:#ff8a5c;--warn:#2b2110;--warn-line:#b7791f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:940px;padding:24px 20px 48px;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1{font-size:24px;line-height:1.25;margin:0 0 4px}
h2{font-size:17px;margin:36px 0 4px}
p{margin:4px 0}
.soft{color:var(--soft)}
.verdict{display:inline-block;padding:2px 12px;border-radius:14px;font-weight:600;color:var(--back)}
.verdict.good{background:var(--good)}.verdict.bad{background:var(--bad)}
ul.slo{list-style:none;margin:12px 0 0;padding:0}
ul.slo li{padding:2px 0}
.good b{color:var(--good)}.bad b{color:var(--bad)}
.warn{margin:18px 0 0;padding:10px 14px;border:1px solid var(--warn-line);border-left-width:5px;border-radius:6px;background:var(--warn)}
.warn ul{margin:4px 0;padding-left:20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:20px 0 0}
.tile{padding:10px 12px;border:1px solid var(--line);border-radius:8px;background:var(--card)}
.tile b{display:block;font-size:21px;line-height:1.3;font-weight:600}
.tile span{font-size:12.5px;color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin-top:8px}
th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:500;color:var(--soft);font-size:13px}
td.number,th.number{text-align:right;white-space:nowrap;width:1%}
.even td.number,.even th.number{width:21%}
.even td{white-space:nowrap}
tr>:last-child{padding-right:0}
td.share{width:30%}
.meter{height:9px;margin-top:7px;border-radius:3px;background:var(--bar);min-width:1px}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{padding:10px 12px;border:1px solid var(--line);border-radius:6px;background:var(--card);white-space:pre-wrap;margin:8px 0}
svg{display:block;width:100%;height:auto;margin-top:8px}
svg.phone{display:none}
svg text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--soft)}
svg .axis{fill:var(--ink)}
svg .end{text-anchor:end}svg .mid{text-anchor:middle}
svg .name{font-weight:600}
.grid{stroke:var(--line);stroke-width:1}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.p50{stroke:var(--green)}text.p50{fill:var(--green)!important}
.line.p99{stroke:var(--blue);stroke-width:2.4}text.p99{fill:var(--blue)!important}
.line.max{stroke:var(--orange);stroke-dasharray:5 4;stroke-width:1.7}text.max{fill:var(--orange)!important}
.line.asked{stroke:var(--orange);stroke-dasharray:6 5}text.asked{fill:var(--orange)!important}
.line.errors{stroke:var(--purple)}text.errors{fill:var(--purple)!important}
.errors-area{fill:var(--purple);opacity:.25}
.price{fill:var(--blue)}
.tip{fill:transparent}.tip:hover{fill:var(--ink);opacity:.08}
footer{margin-top:36px;font-size:13px;color:var(--soft)}
@media(max-width:600px){body{padding:16px 14px 32px}svg.desk{display:none}svg.phone{display:block}.tiles{grid-template-columns:repeat(2,1fr)}td.share{width:18%}th,td{padding-right:8px}.even td{font-size:14px}}
@media print{.tile,pre{break-inside:avoid}}
</style>
)";

}  // namespace bidwell::replay
