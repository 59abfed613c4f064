import type { Results } from '../../scenarios/results.ts';
import { fixture, placementExperiment, small, timeline } from './fixture.ts';

/** What a file of somebody else may call its nodes. */
export const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<!--<script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '=HYPERLINK("http://example.invalid","x")',
  '\u202egnp.exe\u2066\u200f',
  '\u0000\u0007\u001b[31m',
  'long_'.repeat(2000),
  '__proto__',
  'constructor',
  '\ud800',
  ']]>',
  '$' + '{alert(1)}',
  '',
] as const;

/** Results with such names wherever a name can stand. */
export function hostileResults(): Results {
  const name = (i: number) => HOSTILE[i % HOSTILE.length]!;
  const lanes = timeline(3, 8, 4);
  const hostileTimeline = {
    ...lanes,
    title: name(0),
    lanes: lanes.lanes.map((lane, i) => ({ ...lane, name: name(i) })),
    labels: lanes.labels.map((_, i) => name(i)),
  };
  const training = small().training[0]!;
  const placement = placementExperiment();
  return fixture({
    title: name(0),
    description: HOSTILE.join('\n'),
    program: name(2),
    answers: [...HOSTILE],
    caveats: [...HOSTILE],
    assumptions: HOSTILE.map((text) => ({ what: text, value: text, evidence: 'assumed', source: text })),
    scenario: Object.fromEntries(HOSTILE.map((text) => [text, text])),
    training: [
      {
        ...training,
        name: name(0),
        title: name(7),
        cluster: name(1),
        model: { ...training.model, name: name(0) },
        runs: training.runs.map((run, i) => ({
          ...run,
          label: name(i),
          devices: run.devices.map((use, d) => ({ ...use, device: name(d), model: name(d + 1) })),
          links: run.links.map((link, l) => ({ ...link, link: name(l) })),
        })),
        skipped: HOSTILE.map((reason) => ({ strategy: 'sync', workers: 1, reason })),
        timeline: hostileTimeline,
      },
    ],
    placement: [
      {
        ...placement,
        title: name(0),
        nodes: HOSTILE,
        runs: placement.runs.map((run, i) => ({
          ...run,
          placer: name(i),
          label: name(i),
          devices: run.devices.map((use, d) => ({ ...use, device: name(d) })),
          deviceOf: HOSTILE.map((_, n) => n % run.devices.length),
        })),
        timeline: hostileTimeline,
      },
    ],
  });
}

/** Fields whose texts are words of stepcast, not of others. */
const OWN: ReadonlySet<string> = new Set([
  ...['format', 'evidence', 'decides', 'part', 'kind', 'from', 'strategy', 'objective', 'measure', 'lost'],
  ...['outcome', 'learningRateScaling', 'checkpoint'],
]);

/** Results in which every text that others may have chosen is one of these, in turn. */
export function named(results: Results, names: readonly string[]): Results {
  let next = 0;
  const renamed = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return OWN.has(key) ? value : names[next++ % names.length];
    if (Array.isArray(value)) return value.map((item) => renamed(item, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, renamed(item, name)]));
  };
  return renamed(results, '') as Results;
}
