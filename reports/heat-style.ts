/*
 * Colours of heat maps: ten levels whose lightness in OKLab falls (in the dark: rises) by equal steps, so that equal
 * differences of load look equal, with or without colour vision (Ottosson, "A perceptual color space for image processing",
 * 2020).
 */

const LIGHT = [
  ...['#f8ecd3', '#eed3a8', '#e7ba7e', '#e09f52', '#d98219'],
  ...['#c66b0f', '#b15606', '#9c4101', '#852e04', '#701901'],
];
const DARK = [
  ...['#392620', '#553424', '#734323', '#90531c', '#ab660b'],
  ...['#bf7e1e', '#d19736', '#e2b14c', '#f3cc64', '#fee892'],
];

/** Level 0 is nothing at all. */
export const HEAT_LEVELS = LIGHT.length;

const properties = (colours: readonly string[]): string =>
  colours.map((colour, i) => `--heat-${i + 1}: ${colour};`).join(' ');

export const HEAT_STYLE = `
:root { --heat-0: var(--ground); ${properties(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { ${properties(DARK)} } }
@media print { :root { ${properties(LIGHT)} } }
.heat .legend li { flex-wrap: wrap; }
.heat .legend span { white-space: nowrap; }
.heat .legend .scale { display: inline-flex; gap: 7px; align-items: center; }
.heat .cells { border-radius: 6px; }
.heat .cursor { fill: none; stroke: var(--ink); stroke-width: 2; }
@media print { .chart .keys, .heat .cursor { display: none; } }
`;
