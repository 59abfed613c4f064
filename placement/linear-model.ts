export type Term = readonly [coefficient: number, variable: string];

/** A mixed integer linear program that minimises T, written out in the text format of CPLEX. Times are given in seconds. */
export class LinearModel {
  private readonly rows: string[] = [];
  private readonly binaries: string[] = [];
  private readonly unit: number;

  /** `unit`: seconds of one unit of time in the text. */
  constructor(unit: number) {
    this.unit = unit;
  }

  binary(name: string): void {
    this.binaries.push(name);
  }

  /** Σ terms ≥ right, all in seconds. */
  atLeast(terms: readonly Term[], right: number): void {
    this.row(
      terms.map(([coefficient, name]) => [coefficient / this.unit, name]),
      '>=',
      right / this.unit,
    );
  }

  /** Σ terms (in)equal to right, without a unit. */
  count(terms: readonly Term[], relation: '=' | '<=', right: number): void {
    this.row(terms, relation, right);
  }

  /** `horizon`: the most that T may be, in units. */
  text(horizon: number): string {
    return [
      'Minimize',
      ' length: T',
      'Subject To',
      ...this.rows.map((row, i) => ` c${i}: ${row}`),
      'Bounds',
      ` 0 <= T <= ${decimal(horizon * (1 + 1e-6))}`,
      'Binary',
      ...this.binaries.map((name) => ` ${name}`),
      'End',
      '',
    ].join('\n');
  }

  /** Terms of one variable are summed; four to a line, because readers limit lines. */
  private row(terms: readonly Term[], relation: string, right: number): void {
    const sums = new Map<string, number>();
    for (const [coefficient, name] of terms) sums.set(name, (sums.get(name) ?? 0) + coefficient);
    const words = [...sums].flatMap(([name, sum]) =>
      sum === 0 ? [] : [`${sum < 0 ? '-' : '+'} ${decimal(Math.abs(sum))} ${name}`],
    );
    const lines: string[] = [];
    for (let i = 0; i < words.length; i += 4) lines.push(words.slice(i, i + 4).join(' '));
    this.rows.push(`${lines.join('\n   ')} ${relation} ${decimal(right)}`);
  }
}

/** Twelve digits: far below solvers' tolerances. */
const decimal = (value: number): number => Number(value.toPrecision(12));
