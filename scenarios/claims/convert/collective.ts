import { countOf, known, wordsOf } from './facts.ts';
import { checkReach } from './hardware.ts';
import type { Mapped, Said } from './mapped.ts';
import { Refusal, required } from './refusal.ts';

/** Collectives as nccl-tests, MPI and frameworks call them. */
const COLLECTIVES: readonly (readonly [pattern: RegExp, collective: string])[] = [
  [/all[\s_-]?reduce/i, 'all-reduce'],
  [/all[\s_-]?gather/i, 'all-gather'],
  [/reduce[\s_-]?scatter/i, 'reduce-scatter'],
  [/all[\s_-]?to[\s_-]?all/i, 'all-to-all'],
  [/broadcast/i, 'broadcast'],
];

const collectiveNamed = (words: string): string | undefined =>
  COLLECTIVES.find(([pattern]) => pattern.test(words))?.[1];

/** Whether a point is about one collective by itself. */
export function isCollective({ facts, point }: Said): boolean {
  const operation = wordsOf(facts, 'operation') ?? '';
  return (
    collectiveNamed(operation) !== undefined ||
    collectiveNamed(String(point.metric)) !== undefined ||
    /busbw|algbw/i.test(String(point.metric))
  );
}

/** A collective of so many bytes among so many devices. @throws Refusal saying what is not stated. */
export function collectivePoint({ facts, point, strategy, hardware, claim, file }: Said): Mapped {
  const collective = required(
    collectiveNamed(`${wordsOf(facts, 'operation') ?? ''} ${point.metric} ${strategy}`),
    'which collective: not stated',
  );
  const workers = required(countOf(facts, 'workers'), 'how many devices: not stated');
  if (workers < 2) throw new Refusal('one device exchanges nothing');
  checkReach(hardware, workers);
  return {
    kind: 'collective',
    fields: known({
      collective,
      bytes: required(countOf(facts, 'bytes'), 'how many bytes: not stated'),
      workers,
      library_year: libraryYear(String(file.source.year ?? '')),
      // Frameworks' scripts wait for each collective; nccl-tests and OSU issue many, one right after the other.
      timed_by: /\.py\b|pytorch|torch\.distributed/i.test(claim.what) ? 'python' : undefined,
    }),
    assumed: [],
  };
}

/** Of a source of several years, the first: what is younger may not have been there. */
function libraryYear(years: string): number | undefined {
  const year = Number(/^(20\d\d)\b/.exec(years)?.[1]);
  return year >= 2000 ? year : undefined;
}
