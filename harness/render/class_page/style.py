"""What the dashboard looks like: its parts beside those of every page."""

from harness.render.page import PAGE_STYLE

__all__ = ["STYLE"]

#: A cell is told by its sign as well as by its colour; its word is there for readers who do not see it, and in a copy.
#: The alternative of a sign is empty (CSS generated content, level 3): the word says it already.
STYLE = (
    PAGE_STYLE
    + """\
:root { --pass: #d3ebdf; --wait: #e3e5e9; --stop: #5a2d82; --on-bad: #ffffff; --bar: #2f6f9f;
  --t0: #a33c00; --t1: #f2b48f; --t2: #f7d9c3; --t3: #f3efe3; --t4: #d3ebdf }
body { max-width: 72rem }
h2 { scroll-margin-top: 1rem }
a { color: var(--link) }
nav ul, .legend { list-style: none; padding: 0; margin: .75rem 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.figures div { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem }
.figures dt { font-size: .9rem } .figures dd { margin: 0; font-size: 1.6rem; font-weight: 700; line-height: 1.2 }
.figures small { font-size: .85rem; font-weight: 400; white-space: nowrap }
.figures .alarm { border: 2px solid var(--bad) }
.about { display: block; font-size: .85rem; font-weight: 400 } td .about { font-family: system-ui, sans-serif }
th { vertical-align: bottom } th.number { font-family: inherit } th code { overflow-wrap: normal; white-space: nowrap }
 tbody th { font-weight: 400; vertical-align: top } td { vertical-align: top }
.histogram { height: auto; min-width: 30rem; max-width: 100% }
.histogram text { font: 13px system-ui, "Noto Sans KR", sans-serif; fill: var(--ink); text-anchor: middle }
.histogram .bar { fill: var(--bar) } .histogram .full { fill: var(--good) }
.histogram .axis { stroke: var(--line); stroke-width: 1.5; fill: none }
.share { vertical-align: middle; margin-left: .5rem } .share .all { fill: var(--soft); stroke: var(--line) }
.share .passed { fill: var(--bar) } .share .failed { fill: var(--bad) }
.tall { max-height: 90vh; overflow: auto } .some { max-height: 24rem; overflow: auto }
.map { border-collapse: separate; border-spacing: 0; margin: 0 } .map td, .map tbody th { border: 0 }
.map thead th { position: sticky; top: 0; background: var(--paper); z-index: 2; padding-top: .25rem }
.map .who { position: sticky; left: 0; background: var(--paper); z-index: 1; white-space: nowrap; padding-right: .5rem;
  max-width: 22rem; overflow: hidden; text-overflow: ellipsis }
.map thead .who { z-index: 3 } .map .who .about { display: inline }
.map td, .map tbody th { padding-top: .15rem; padding-bottom: .15rem }
.map .why { padding-left: .75rem; white-space: nowrap } .map td.number, .map th.number { padding-right: .75rem }
.check { width: 1.75rem; padding: 0 } .check span { writing-mode: vertical-rl; transform: rotate(180deg);
  font: .85rem ui-monospace, "D2Coding", monospace; max-height: 14rem; overflow-wrap: anywhere; margin: 0 auto }
.cell, td.p, td.f, td.b, td.s { font-size: 0; text-align: center; vertical-align: middle; min-width: 1.75rem }
.map td.p, .map td.f, .map td.b, .map td.s, .map td[class^="t"] { border: 1px solid var(--paper); padding: 0;
  print-color-adjust: exact; -webkit-print-color-adjust: exact }
.cell { display: inline-block; width: 1.75rem; vertical-align: text-bottom; print-color-adjust: exact;
  -webkit-print-color-adjust: exact }
.p::before, .f::before, .b::before, .s::before { font: 700 .95rem/1.5 ui-monospace, monospace }
.p { background: var(--pass); color: var(--good) } .p::before { content: "\\b7"; content: "\\b7" / "" }
.f { background: var(--bad); color: var(--on-bad) } .f::before { content: "\\d7"; content: "\\d7" / "" }
.b { background: var(--wait); color: var(--ink) } .b::before { content: "\\2013"; content: "\\2013" / "" }
.s { background: var(--stop); color: var(--on-bad) } .s::before { content: "!"; content: "!" / "" }
.map td[class^="t"] { text-align: center; font-size: .8rem; min-width: 1.9rem; vertical-align: middle }
.t0 { background: var(--t0); color: var(--on-bad) } .t1 { background: var(--t1) } .t2 { background: var(--t2) }
.t3 { background: var(--t3) } .t4 { background: var(--t4) }
@media (prefers-color-scheme: dark) {
  :root { --pass: #1d3a2e; --wait: #3b404b; --stop: #cfa8f5; --on-bad: #16181d; --bar: #7cc4f5;
    --t0: #ffa36b; --t1: #8a4a24; --t2: #5a3a2a; --t3: #34352f; --t4: #1d3a2e }
}
@media (max-width: 40rem) {
  .map .who { position: static; white-space: normal; overflow-wrap: anywhere; min-width: 7rem; max-width: 12rem }
  .map thead .who { position: sticky }
}
@media print {
  :root { --pass: #e4f2eb; --wait: #e3e5e9; --stop: #5a2d82; --on-bad: #ffffff; --bar: #2f6f9f;
    --t0: #8a3600; --t1: #f2b48f; --t2: #f7d9c3; --t3: #f3efe3; --t4: #e4f2eb }
  @page { margin: 15mm }
  h2, section > p, thead { break-after: avoid }
  .tall, .some { max-height: none } .wide { overflow: visible } nav { display: none }
  .map thead th, .map .who { position: static }
}
"""
)
