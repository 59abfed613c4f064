import { getOrMake } from '../../base/get-or-make.ts';
import type { Outside, Question, Residual } from './intervals.ts';

export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Of each size. */
export type Ranges = Readonly<Record<string, Range>>;

/** What was measured, and what of it by other sources than one. */
export class Measured {
  readonly #devices = new Map<string, Set<string>>();
  readonly #ranges = new Map<string, Map<string, Map<string, Range>>>();
  readonly #components: ReadonlySet<string>;
  /** By kind and the source that is left out. */
  readonly #known = new Map<string, Ranges>();

  constructor(residuals: readonly Residual[], components: readonly string[]) {
    this.#components = new Set(components);
    for (const { source, question } of residuals) {
      getOrMake(this.#devices, question.device, () => new Set()).add(source);
      const sizes = getOrMake(this.#ranges, question.kind, () => new Map());
      for (const [size, value] of Object.entries(question.sizes)) {
        const bySource = getOrMake(sizes, size, () => new Map<string, Range>());
        const { least, most } = bySource.get(source) ?? { least: value, most: value };
        bySource.set(source, { least: Math.min(least, value), most: Math.max(most, value) });
      }
    }
  }

  deviceKnown({ device }: Question, except: string): boolean {
    const sources = this.#devices.get(device);
    return (
      this.#components.has(device) || (sources !== undefined && sources.size > (sources.has(except) ? 1 : 0))
    );
  }

  outside(question: Question, except: string): Outside[] {
    const { kind } = question;
    const ranges = getOrMake(this.#known, JSON.stringify([kind, except]), () => this.#rangesOf(kind, except));
    return outsideOf(question, ranges);
  }

  allRanges(): Record<string, Ranges> {
    return Object.fromEntries([...this.#ranges.keys()].sort().map((kind) => [kind, this.#rangesOf(kind)]));
  }

  allDevices(): string[] {
    return [...new Set([...this.#devices.keys(), ...this.#components])].filter((id) => id !== '').sort();
  }

  #rangesOf(kind: string, except?: string): Ranges {
    const found: Record<string, Range> = {};
    for (const [size, bySource] of this.#ranges.get(kind) ?? []) {
      const others = [...bySource].filter(([source]) => source !== except).map(([, range]) => range);
      if (others.length === 0) continue;
      found[size] = {
        least: Math.min(...others.map(({ least }) => least)),
        most: Math.max(...others.map(({ most }) => most)),
      };
    }
    return found;
  }
}

/** Sizes beyond the range, or of which there is none. */
export function outsideOf({ sizes }: Question, ranges: Ranges): Outside[] {
  return Object.entries(sizes).flatMap(([size, value]) => {
    const range = ranges[size] ?? null;
    return range !== null && value >= range.least && value <= range.most ? [] : [{ size, value, range }];
  });
}
