/** Shortens the text of an SVG text element in the page until it is at most `width` pixels wide. */
export function fitText(node: SVGTextElement, width: number): void {
  const text = node.textContent ?? '';
  const all = node.getComputedTextLength();
  if (all <= width) return;
  let length = Math.floor((text.length * width) / all);
  do {
    node.textContent = `${text.slice(0, Math.max(1, length)).trimEnd()}…`;
    length--;
  } while (length > 0 && node.getComputedTextLength() > width);
}
