import { formatInteger } from '../../base/format.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { Explanation } from '../../scenarios/results.ts';
import type { Figure, StacksChart } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { clip, visible } from '../names.ts';

const PARTS = [
  ['compute', 'computing', 'is computing'],
  ['slowdown', 'slower than undisturbed', 'is lost to noise and stragglers'],
  ['transfer', 'moving data', 'is moving data'],
  ['contention', 'waiting for links in use', 'is waiting for links in use'],
  ['dispatch', 'waiting for dispatch', 'is waiting for dispatch'],
  ['other', 'other', 'goes on checkpoints, restarts and delays'],
] as const;

/** The chain that a step could not end before. */
export function criticalPath(explanation: Explanation | null, id: string): Figure | undefined {
  if (explanation === null || explanation.seconds === 0) return undefined;
  const { of, seconds, criticalPath: path } = explanation;
  const sums = PARTS.map(([part]) =>
    path.reduce((sum, entry) => (entry.part === part ? sum + entry.seconds : sum), 0),
  );
  const largest = sums.indexOf(Math.max(...sums));
  const chart: StacksChart = {
    kind: 'stacks',
    parts: PARTS.map(([, name], tone) => ({ name, tone })),
    panels: [
      {
        title: '',
        rows: [
          {
            name: 'Critical path',
            shares: sums.map((sum) => sum / seconds),
            tip: PARTS.map(([, name], i) => `${name}: ${formatSeconds(sums[i]!)}`),
          },
        ],
      },
    ],
    x: { label: 'Share of the step (%)', scale: 'linear', include: [0, 1], format: formatPercent },
  };
  return {
    id,
    title: `Critical path: ${formatPercent(sums[largest]! / seconds)} of a step ${PARTS[largest]![2]}`,
    note: `The chain of ops and transfers that the step could not end before (${clip(visible(of), 120)}, one step of ${formatSeconds(seconds)}).`,
    chart,
    tables: [
      {
        caption: 'What the critical path is made of',
        columns: [
          text(
            'Part',
            path.map((entry) => clip(visible(entry.what), 200)),
          ),
          numbers(
            'Time',
            path.map((entry) => formatSeconds(entry.seconds)),
          ),
          numbers(
            'Share of the step (%)',
            path.map((entry) => formatPercent(entry.seconds / seconds)),
          ),
          numbers(
            'Stretches',
            path.map((entry) => formatInteger(entry.times)),
          ),
        ],
      },
    ],
    width: 'half',
  };
}

/** Gains below this are as good as none: digits of them would say more than a model knows. */
const LEAST_GAIN = 1e-4;

function saved(gain: number): string {
  return gain !== 0 && Math.abs(gain) < LEAST_GAIN ? 'about 0 %' : formatPercent(gain);
}

/** What would shorten the step, and by how much. */
export function whatIf(explanation: Explanation | null, id: string): Figure | undefined {
  if (explanation === null || explanation.whatIf.length === 0) return undefined;
  const { faster, baselineSeconds, whatIf: gains, bottleneck } = explanation;
  const name = (resource: string): string => clip(visible(resource), 60);
  return {
    id,
    title: `What would help most: ${name(gains[0]!.resource)}`,
    note: `${clip(visible(bottleneck), 300)} Each kind of resource that takes a hundredth of the critical path or more is made ${formatPercent(faster)} better by itself, and the step simulated again (now ${formatSeconds(baselineSeconds)}).`,
    chart: {
      kind: 'bars',
      x: {
        label: 'Time of a step that is saved (%)',
        scale: 'linear',
        include: [0, faster / (1 + faster)],
        format: formatPercent,
      },
      bars: gains.map(({ resource, stepSeconds, gain }, i) => ({
        name: name(resource),
        value: Math.max(0, gain),
        shown: saved(gain),
        best: i === 0,
        tip: [name(resource), `step ${formatSeconds(stepSeconds)}`, `saves ${saved(gain)}`],
      })),
      bound: null,
    },
    tables: [
      {
        caption: `Step time with each resource ${formatPercent(faster)} better`,
        columns: [
          text(
            'Resource',
            gains.map(({ resource }) => name(resource)),
          ),
          numbers(
            'Step time',
            gains.map(({ stepSeconds }) => formatSeconds(stepSeconds)),
          ),
          numbers(
            'Saved (%)',
            gains.map(({ gain }) => saved(gain)),
          ),
        ],
      },
    ],
    width: 'half',
  };
}
