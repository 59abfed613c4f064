let box: HTMLElement | undefined;

function tooltip(): HTMLElement {
  if (box === undefined) {
    box = document.createElement('div');
    box.id = 'tooltip';
    // The tables and the timeline's selection line say the same to screen readers.
    box.setAttribute('aria-hidden', 'true');
    document.body.append(box);
  }
  return box;
}

/** Shows lines of text near a point of the window, inside the window. */
export function showTooltip(lines: readonly string[], x: number, y: number): void {
  const element = tooltip();
  element.replaceChildren(
    ...lines.map((line) => {
      const row = document.createElement('div');
      row.dir = 'auto';
      row.textContent = line;
      return row;
    }),
  );
  const { width, height } = element.getBoundingClientRect();
  const left = x + 14 + width > document.documentElement.clientWidth - 8 ? x - 14 - width : x + 14;
  const top = y + 14 + height > window.innerHeight - 8 ? y - 14 - height : y + 14;
  const inside = (value: number, size: number, limit: number) =>
    Math.max(8, Math.min(value, limit - size - 8));
  element.style.transform = `translate(${inside(left, width, document.documentElement.clientWidth)}px, ${inside(top, height, window.innerHeight)}px)`;
  element.style.visibility = 'visible';
}

export function hideTooltip(): void {
  if (box !== undefined) box.style.visibility = 'hidden';
}
