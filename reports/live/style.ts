/** Of the panel that simulates again. */
export const LIVE_STYLE = `
.live { margin: 28px 0 0; padding: 18px 20px 20px; background: var(--ground); border: 1px solid var(--rule); border-radius: 8px; }
.live > h3 { margin: 0 0 12px; }
.live-body { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 20px 32px; }
@media (max-width: 760px) { .live-body { grid-template-columns: minmax(0, 1fr); } }
.live-controls p { margin: 0 0 12px; display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 12px; align-items: baseline; }
.live-controls label { font-size: 14px; color: var(--muted); }
.live-controls output { font-size: 14px; font-weight: 600; font-variant-numeric: tabular-nums; text-align: right; }
.live-controls input { grid-column: 1 / -1; width: 100%; min-height: 28px; margin: 0; accent-color: var(--link); }
.live-controls select { grid-column: 1 / -1; width: 100%; min-height: 34px; font: inherit; font-size: 14px; color: inherit;
  background: var(--paper); border: 1px solid var(--rule); border-radius: 4px; padding: 3px 6px; }
.live-controls p.off output { color: var(--muted); font-weight: 400; }
.live-controls p.live-tools { display: block; margin: 0; }
.live table { width: 100%; }
.live tbody th { border-bottom: 1px solid var(--grid); font-weight: 500; text-align: left; }
.live-now { font-weight: 650; }
.live-change.better { color: var(--measured-ink); } .live-change.worse { color: var(--bound); }
.live[aria-busy="true"] .live-now, .live[aria-busy="true"] .live-change { color: var(--muted); }
.live-state { margin: 8px 0 0; min-height: 1.5em; font-size: 14px; color: var(--muted); }
.live-state.refused { color: var(--bound); }
.live-answer { margin: 8px 0 0; font-size: 15px; }
.live-command { margin-top: 10px; }
.live-command pre { white-space: pre-wrap; margin: 6px 0; font-size: 13px; }
@media print { .live { display: none; } }
`;
