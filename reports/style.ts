import { HEAT_STYLE } from './heat-style.ts';
import { LIVE_STYLE } from './live/style.ts';
import { PLACED_GRAPH_STYLE } from './placed-graph-style.ts';

/** Of the light scheme, which paper has too. */
const LIGHT = `:root {
  color-scheme: light;
  --paper: #ffffff; --ground: #f6f7f8; --ink: #1a1f26; --muted: #56606b; --rule: #d9dee4; --grid: #e8ebef;
  --link: #005a9c;
  --tone-0: #0068a8; --tone-1: #c2500c; --tone-2: #007d63; --tone-3: #8f4a9e; --tone-4: #8a6500; --tone-5: #53606e;
  --tone-0-ink: #ffffff; --tone-1-ink: #ffffff; --tone-2-ink: #ffffff; --tone-3-ink: #ffffff;
  --tone-4-ink: #ffffff; --tone-5-ink: #ffffff;
  --compute: #17666f; --compute-2: #29767f; --compute-3: #0f5760; --compute-ink: #ffffff;
  --communication: #f0a93b; --communication-2: #f4b556; --communication-3: #e79d2a; --communication-ink: #241500;
  --waiting: #e3e7eb; --waiting-ink: #333c46; --part-rule: #8b95a1;
  --bound: #a3123f;
  --measured: #d8f0e2; --measured-ink: #0b4f2c; --datasheet: #dcebf9; --datasheet-ink: #0d3f70;
  --assumed: #fdebc8; --assumed-ink: #5f3d00; --scenario: #e7e9ec; --scenario-ink: #333c46;
}`;

/** The report's style sheet. Colours are custom properties, so that charts follow a change of the colour scheme. */
export const STYLE = `
${LIGHT}
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ground: #1b2026; --ink: #e7ebef; --muted: #a3adb8; --rule: #353d47; --grid: #262d35;
    --link: #7cc0f8;
    --tone-0: #5ab4f0; --tone-1: #ff9a5c; --tone-2: #3fd3a7; --tone-3: #dba2ea; --tone-4: #e8c14d; --tone-5: #b6c0cb;
    --tone-0-ink: #06131e; --tone-1-ink: #1e0d02; --tone-2-ink: #03140f; --tone-3-ink: #190a1d;
    --tone-4-ink: #1a1400; --tone-5-ink: #10151a;
    --compute: #4fb5c0; --compute-2: #63c0ca; --compute-3: #41a5b0; --compute-ink: #04181b;
    --communication: #e5a035; --communication-2: #ebac4b; --communication-3: #d69226; --communication-ink: #1c1000;
    --waiting: #2c343d; --waiting-ink: #d5dbe1; --part-rule: #6a7582;
    --bound: #ff7d9f;
    --measured: #14382a; --measured-ink: #8fe3b8; --datasheet: #163250; --datasheet-ink: #9fd0ff;
    --assumed: #40300d; --assumed-ink: #f8d27e; --scenario: #2b323a; --scenario-ink: #ccd3da;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
.page { max-width: 1160px; margin: 0 auto; padding: 0 24px; }
header.page { padding-top: 40px; }
.brand { margin: 0 0 4px; color: var(--muted); font-size: 14px; }
.brand span { font-weight: 700; color: var(--ink); letter-spacing: .02em; margin-right: 8px; }
h1 { margin: 0; font-size: 18px; font-weight: 600; line-height: 1.35; color: var(--muted); }
.answer { margin: 20px 0 0; font-size: clamp(23px, 3vw, 34px); line-height: 1.28; font-weight: 600;
  letter-spacing: -.012em; max-width: 34em; text-wrap: pretty; }
.answer.long { font-size: clamp(20px, 2.1vw, 25px); line-height: 1.34; letter-spacing: -.006em; max-width: 44em; }
.answer-more { margin: 16px 0 0; font-size: 16px; line-height: 1.5; max-width: 58em; }
.answers { margin: 18px 0 0; padding: 0; list-style: none; font-size: 17px; max-width: 52em; }
.answers li { padding-left: 18px; border-left: 3px solid var(--rule); margin: 10px 0; }
.description { margin: 16px 0 0; color: var(--muted); max-width: 62em; white-space: pre-line; }
.strip { margin: 28px 0 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr));
  gap: 1px; background: var(--ground); border: 1px solid var(--rule); border-radius: 8px; overflow: hidden; }
.strip div { box-shadow: 0 0 0 1px var(--rule); padding: 14px 16px; }
.strip dt { font-size: 13px; color: var(--muted); }
.strip dd { margin: 0; }
.strip strong { display: block; font-size: 22px; line-height: 1.3; font-weight: 650;
  font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.strip strong.words { font-size: 17px; padding: 3px 0; letter-spacing: 0; }
.strip span { font-size: 13px; color: var(--muted); line-height: 1.35; display: block; }
nav { margin: 24px 0 0; font-size: 14px; }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 20px; }
.skip { position: absolute; left: -9999px; top: 0; padding: 10px 16px; background: var(--paper); z-index: 20; }
.skip:focus { left: 8px; top: 8px; }
main:focus { outline: 0; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
a { color: var(--link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
main > section { margin-top: 48px; padding-top: 28px; border-top: 1px solid var(--rule); }
h2 { margin: 0; font-size: 24px; line-height: 1.3; letter-spacing: -.01em; text-wrap: balance; }
.facts { list-style: none; margin: 8px 0 0; padding: 0; color: var(--muted); font-size: 14px; }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 40px; margin-top: 32px; }
.figure { min-width: 0; grid-column: 1 / -1; margin-bottom: 44px; }
/* Neighbours share rows for heading, chart and table, so that their charts end on one line. */
.figure.half { grid-column: auto; display: grid; grid-row: span 3; grid-template-rows: subgrid; grid-template-columns: minmax(0, 1fr); }
.figure.half .lines { align-self: end; }
h3, h4 { margin: 0; font-size: 17px; line-height: 1.35; font-weight: 650; text-wrap: pretty; }
.chapter { margin-top: 44px; }
.chapter > h3 { font-size: 21px; line-height: 1.3; letter-spacing: -.008em; max-width: 42em; }
.kicker { display: block; font-size: 13px; font-weight: 650; letter-spacing: .02em; color: var(--link); margin-bottom: 2px; }
.chapter > .figures { margin-top: 10px; }
.chapter > .figures > .figure:last-child { margin-bottom: 0; }
#assumptions h3 { margin: 28px 0 0; }
.under { display: flex; flex-wrap: wrap; gap: 2px 18px; align-items: baseline; margin-top: 8px; }
.under details { margin: 0; max-width: 100%; }
.under details[open] { flex: 1 1 100%; }
.foot { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; font-size: 12px; color: var(--muted); }
.rests { display: inline-flex; flex-wrap: wrap; gap: 2px 4px; align-items: baseline; }
.rests .badge { text-decoration: none; padding: 0 6px; font-size: 11px; line-height: 20px; }
.rests .badge:hover { text-decoration: underline; }
button.plain { font: inherit; font-size: 13px; padding: 2px 0; border: 0; background: none; color: var(--link); cursor: pointer;
  min-height: 24px; min-width: 24px; }
button.plain:hover { text-decoration: underline; }
.note { margin: 4px 0 0; color: var(--muted); font-size: 14px; max-width: 60em; }
.chart { margin-top: 12px; min-width: 0; }
.panels { display: grid; gap: 20px 28px; }
.panel { min-width: 0; }
.panel-title { margin: 0 0 2px; font-size: 14px; font-weight: 600; }
.chart svg { display: block; max-width: 100%; height: auto; overflow: visible; }
.chart svg text { font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
.chart svg text.strong { fill: var(--ink); }
.chart svg .axis-label { fill: var(--ink); }
.chart svg .bound-label { fill: var(--bound); }
.legend { list-style: none; margin: 0 0 10px; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend svg { flex: none; }
.failed { color: var(--bound); font-size: 14px; }
details { margin-top: 10px; }
summary { cursor: pointer; font-size: 13px; color: var(--link); width: max-content; max-width: 100%; padding: 2px 0; }
.scroll { overflow: auto; max-height: 440px; margin-top: 10px; border: 1px solid var(--rule); border-radius: 6px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; line-height: 1.4; }
caption { text-align: left; padding: 8px 12px; color: var(--muted); font-size: 13px; }
th, td { padding: 5px 12px; text-align: left; vertical-align: top; border-top: 1px solid var(--grid); }
th { position: sticky; top: 0; background: var(--ground); font-weight: 600; vertical-align: bottom;
  border-bottom: 1px solid var(--rule); overflow-wrap: normal; }
td { min-width: 12em; max-width: 34em; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; min-width: 0; }
th.number { text-align: right; }
tbody tr:hover td { background: var(--ground); }
.badge { display: inline-block; padding: 1px 8px; border-radius: 10px; font-size: 12px; white-space: nowrap;
  background: var(--scenario); color: var(--scenario-ink); }
.badge.measured { background: var(--measured); color: var(--measured-ink); }
.badge.datasheet { background: var(--datasheet); color: var(--datasheet-ink); }
.mix { display: block; width: min(100%, 640px); height: 10px; margin: 0 0 10px; border-radius: 5px; fill: var(--scenario); }
.mix .measured { fill: var(--measured-ink); } .mix .datasheet { fill: var(--datasheet-ink); }
.mix .assumed { fill: var(--assumed-ink); }
.badge.assumed { background: var(--assumed); color: var(--assumed-ink); }
.badge.validated { background: var(--measured); color: var(--measured-ink); }
.badge.crossvalidated { background: var(--datasheet); color: var(--datasheet-ink); }
.badge.failed { background: var(--assumed); color: var(--assumed-ink); }
.sortable { width: max-content; min-width: 100%; }
.sortable td { min-width: 0; max-width: 22em; overflow-wrap: break-word; }
.scroll th button { all: unset; cursor: pointer; font-weight: 600; }
.scroll th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.scroll th button:hover { text-decoration: underline; }
.scroll th[aria-sort] button::after { content: " ▲"; font-size: 10px; }
.scroll th[aria-sort="descending"] button::after { content: " ▼"; }
.glance { margin-top: 28px; max-height: none; }
.glance table { min-width: 860px; font-size: 14px; }
.glance td, .glance th { padding: 9px 14px; min-width: 9em; overflow-wrap: break-word; }
.glance tbody th { position: static; background: none; text-align: left; vertical-align: top; font-weight: 600; border-bottom: 0;
  width: 20%; }
.glance strong { display: block; font-weight: 650; font-variant-numeric: tabular-nums; }
.glance span { font-size: 12px; color: var(--muted); display: block; line-height: 1.35; }
.tools select { max-width: min(220px, 100%); }
.tools input, .tools select { font: inherit; font-size: 13px; padding: 4px 10px; min-height: 30px; width: min(260px, 100%); color: var(--ink);
  background: var(--paper); border: 1px solid var(--part-rule); border-radius: 6px; }
section > .tools { margin: 14px 0 0; }
details > .tools, .figure > .tools { margin: 10px 0 0; }
.tools + .scroll { margin-top: 6px; }
.caveats { margin: 12px 0 0; padding-left: 20px; max-width: 60em; }
.caveats li { margin: 6px 0; }
pre { margin: 0; padding: 12px; font: 12px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  white-space: pre-wrap; }
footer.page { margin-top: 56px; padding-bottom: 48px; color: var(--muted); font-size: 13px; }
footer > div { border-top: 1px solid var(--rule); padding-top: 12px; }
#tooltip { position: fixed; z-index: 10; left: 0; top: 0; max-width: min(340px, calc(100vw - 16px)); pointer-events: none;
  background: var(--ink); color: var(--paper); border-radius: 6px; padding: 7px 10px; font-size: 13px; line-height: 1.4;
  font-variant-numeric: tabular-nums; visibility: hidden; box-shadow: 0 2px 10px rgb(0 0 0 / .25); }
#tooltip div:first-child { font-weight: 600; }
.tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-bottom: 8px; }
.tools button { font: inherit; font-size: 13px; padding: 4px 10px; min-height: 30px; min-width: 34px; color: var(--ink); background: var(--ground);
  border: 1px solid var(--rule); border-radius: 6px; cursor: pointer; }
.tools button:hover { border-color: var(--muted); }
.tools button.plain { padding: 2px 4px; min-height: 24px; border: 0; background: none; color: var(--link); }
.tools button[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.tools p { margin: 0 0 0 6px; font-size: 13px; color: var(--muted); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.lanes { border: 1px solid var(--rule); border-radius: 6px; max-height: 660px; overflow: hidden auto; position: relative; }
.lanes canvas { display: block; touch-action: pan-y; }
.selection { margin: 8px 0 0; font-size: 13px; font-variant-numeric: tabular-nums; }
${HEAT_STYLE}${PLACED_GRAPH_STYLE}${LIVE_STYLE}@media (max-width: 820px) {
  .figures { grid-template-columns: minmax(0, 1fr); }
  .figure { margin-bottom: 36px; }
  .page { padding: 0 16px; }
  header.page { padding-top: 24px; }
}
@media (forced-colors: active) {
  .badge, .strip, .tools button[aria-pressed="true"] { border: 1px solid; }
  .chart svg, .legend svg, .mix { forced-color-adjust: none; background: var(--paper); }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@page { size: A4; margin: 16mm 14mm; }
@media print {
  ${LIGHT}
  body { font-size: 10pt; }
  .page { max-width: none; padding: 0; }
  .figures { display: block; }
  .figure.half { display: block; }
  nav, .skip, .tools, .selection, .keys, summary, button:not(th button), #tooltip { display: none !important; }
  .code { display: none; }
  a { color: inherit; text-decoration: none; }
  .scroll { max-height: none; overflow: visible; border: 0; }
  table { font-size: 7.5pt; }
  .sortable { width: 100%; }
  td { min-width: 0; }
  td, th { padding: 2px 5px; overflow-wrap: anywhere; white-space: normal !important; }
  .glance table { min-width: 0; font-size: 8pt; }
  .glance td, .glance th { min-width: 0; padding: 4px 8px; }
  .glance span { font-size: 7pt; }
  thead { display: table-header-group; }
  .strip { grid-template-columns: repeat(4, 1fr); }
  .lanes { max-height: none; overflow: visible; }
  .figure, .strip div, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  th { position: static; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
