import type { Checks } from './checks.ts';
import type { Published } from './published.ts';

export interface Bench {
  readonly published: Published;
  readonly checks: Checks;
  /** Whether a part of each set must do: seconds instead of minutes. */
  readonly quick: boolean;
  readonly print: (text: string) => void;
  /** Says what is being done, on long work. */
  readonly progress: (what: string) => void;
}

/** One data set: prints a table and holds it to what is known. */
export interface Section {
  readonly name: string;
  readonly title: string;
  run(bench: Bench): void | Promise<void>;
}
