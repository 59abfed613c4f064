/** The images of a chart as one SVG file that needs no style sheet: beneath each other, in the colours that they have now. */
export function standaloneSvg(images: readonly SVGSVGElement[], title: string): string {
  const root = getComputedStyle(document.documentElement);
  const widths = images.map((image) => image.viewBox.baseVal.width);
  const heights = images.map((image) => image.viewBox.baseVal.height);
  const margin = 12;
  const gap = 26;
  const width = Math.max(...widths) + 2 * margin;
  const height = heights.reduce((sum, one) => sum + one + gap, 0) + 2 * margin;
  let top = margin;
  const parts = images.map((image, i) => {
    const heading = image.parentElement?.querySelector('.panel-title')?.textContent ?? (i === 0 ? title : '');
    const copy = image.cloneNode(true) as SVGSVGElement;
    for (const name of ['tabindex', 'role', 'aria-label']) copy.removeAttribute(name);
    copy.setAttribute('x', String(margin));
    copy.setAttribute('y', String(top + gap - 8));
    const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    for (const [name, value] of Object.entries({
      x: margin,
      y: top + 10,
      class: 'strong',
      'font-weight': 600,
    })) {
      text.setAttribute(name, String(value));
    }
    text.textContent = heading;
    top += heights[i]! + gap;
    const serializer = new XMLSerializer();
    return serializer.serializeToString(text) + serializer.serializeToString(copy);
  });
  const resolved = (svg: string): string =>
    svg.replace(/var\((--[\w-]+)\)/g, (_, name: string) => root.getPropertyValue(name).trim());
  const family = getComputedStyle(document.body).fontFamily.replace(/"/g, "'");
  const style = `text{font:12px ${family};fill:var(--muted)}.strong,.axis-label{fill:var(--ink)}.bound-label{fill:var(--bound)}`;
  return resolved(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><style>${style}</style><rect width="100%" height="100%" fill="var(--paper)"/>${parts.join('')}</svg>\n`,
  );
}
