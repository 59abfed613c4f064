/** Of placed graphs (charts/placed-graph.ts). */
export const PLACED_GRAPH_STYLE = `
.graph-box { overflow: auto; max-height: 640px; border: 1px solid var(--rule); border-radius: 6px; }
.chart .graph-box svg { display: block; max-width: none; margin: 0 auto; }
.graph-box .scope:focus { outline: none; }
.graph-box .scope:focus .box { stroke: var(--link); stroke-width: 2.5; }
.graph-box .told .edge:not(.near) { opacity: .12; }
.graph-box .told .near path { stroke-opacity: 1; }
@media print { .graph-box { max-height: none; overflow: visible; border: 0; } .chart .graph-box svg { max-width: 100%; height: auto; } }
`;
