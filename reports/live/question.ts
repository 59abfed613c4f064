import type { Control, LiveQuestion, Results } from '../../scenarios/results.ts';
import type { LiveSubject } from './subject.ts';

/** Where each control stands, by its id. */
export type Positions = Readonly<Record<string, number>>;

export function startOf({ controls }: LiveSubject): Positions {
  return Object.fromEntries(controls.controls.map(({ id, start }) => [id, start]));
}

/** Whether a control counts while the others stand where they do. */
export function counts({ onlyWith }: Control, positions: Positions): boolean {
  return onlyWith === null || onlyWith.stops.includes(positions[onlyWith.control]!);
}

/** What is asked when the controls stand so. */
export function questionAt(results: Results, subject: LiveSubject, positions: Positions): LiveQuestion {
  const stops = subject.controls.controls
    .filter((control) => counts(control, positions))
    .map((control) => control.stops[positions[control.id]!]!);
  const kept = stops.find(({ placementOf }) => placementOf !== null)?.placementOf ?? null;
  return {
    written: results.written,
    seed: results.seed,
    experiment: subject.name,
    set: [...subject.controls.always, ...lastOfEach(stops.flatMap(({ set }) => set))],
    placement: kept === null ? null : subject.placements[kept]!,
  };
}

/** Of changes of one path, the last: it would win anyway. */
function lastOfEach(set: readonly string[]): string[] {
  const byPath = new Map<string, string>();
  for (const change of set) {
    const path = change.slice(0, change.indexOf('='));
    byPath.delete(path);
    byPath.set(path, change);
  }
  return [...byPath.values()];
}

/** What to type for the same, in a POSIX shell. */
export function commandLine({ set, seed, placement }: LiveQuestion): string {
  const changes = set.map((change) => `--set ${quoted(change)}`);
  const notes = placement === null ? [] : ['# with the placement of the report, which what-if.yaml holds'];
  return [...notes, ['stepcast run scenario.yaml', `--seed ${seed}`, ...changes].join(' \\\n  ')].join('\n');
}

function quoted(text: string): string {
  return /^[\w./=:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
