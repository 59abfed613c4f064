import { escapeHtml } from '../markup.ts';

/** An element of a drawing, written as text: the same in Node and in the page. Text and attributes are escaped. */
export class Shape {
  readonly #tag: string;
  readonly #attributes: [name: string, value: string][] = [];
  readonly #children: (Shape | string)[] = [];

  constructor(tag: string) {
    this.#tag = tag;
  }

  /** Adds an element at its end, and returns that. */
  append(tag: string): Shape {
    const child = new Shape(tag);
    this.#children.push(child);
    return child;
  }

  /** Sets an attribute, unless it is null; numbers are rounded to hundredths of a pixel. */
  attr(name: string, value: string | number | null): this {
    if (value !== null) {
      this.#attributes.push([
        name,
        typeof value === 'number' ? String(Math.round(value * 100) / 100) : value,
      ]);
    }
    return this;
  }

  text(text: string): this {
    this.#children.push(escapeHtml(text));
    return this;
  }

  toString(): string {
    const attributes = this.#attributes.map(([name, value]) => ` ${name}="${escapeHtml(value)}"`).join('');
    return `<${this.#tag}${attributes}>${this.#children.join('')}</${this.#tag}>`;
  }
}

/** The outermost element of a chart: an image with a name, at its real size. */
export function svg(label: string, width: number, height: number): Shape {
  return new Shape('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', width)
    .attr('height', height)
    .attr('viewBox', `0 0 ${Math.round(width)} ${Math.round(height)}`);
}
