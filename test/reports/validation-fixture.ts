import { stream } from '../../base/random.ts';
import type { LedgerPoint } from '../../scenarios/claims/ledger-point.ts';
import type { Ledger } from '../../scenarios/claims/load.ts';
import type { PointOutcome } from '../../scenarios/claims/predict-point.ts';
import type { PointTask } from '../../scenarios/claims/tasks.ts';
import { validationOf } from '../../scenarios/claims/validate.ts';
import type { PointStatus, Validation } from '../../scenarios/validation.ts';

/*
 * A validation made up by formulas: sources with a bias of their own, devices by powers of two. For tests of reports only.
 */

const KINDS = ['gpt', 'data-parallel', 'parameter-server', 'single-device', 'collective', 'inference'];
const DEVICES = ['v100', 'a100', 'k80', 'h100', 'tpu-v1'];

export function validationFixture(sources = 18, pointsPerSource = 24): Validation {
  const random = stream(3, 'validation');
  const tasks: PointTask[] = [];
  const outcomes: PointOutcome[] = [];
  const ledgers = Array.from({ length: sources }, (_, s): Ledger => {
    const kind = KINDS[s % KINDS.length]!;
    const bias = 0.08 * random.normal();
    const isRate = s % 2 === 0;
    const points = Array.from({ length: pointsPerSource }, (_, i): LedgerPoint => {
      const workers = kind === 'single-device' ? 1 : 2 ** (i % 9);
      const seconds = 0.02 * 10 ** (2.5 * random.uniform());
      const measured = isRate ? (64 * workers) / seconds : seconds;
      const predicted = seconds * Math.exp(bias + 0.06 * random.normal());
      const status = statusOf(s, i);
      const accelerator = DEVICES[(s + (i % 2)) % DEVICES.length]!;
      const point: LedgerPoint = {
        source: `source_${s}`,
        claim: `claim-${Math.floor(i / 12)}`,
        index: i % 12,
        kind,
        fields: { model: i % 3 === 0 ? 'resnet-50' : 'inception-v3', workers, batch: 64, tensor: i % 4 },
        reference: undefined,
        hardware: 'box',
        cluster: { workers: { accelerator } } as LedgerPoint['cluster'],
        metric: isRate ? 'throughput' : 'step_time',
        measured,
        anchor: s % 5 === 1 ? 'single-device' : 'none',
        bound: undefined,
        provenance: { kind: status === 'ordering' ? 'recalled' : 'seen' },
        use: status === 'ordering' ? 'ordering' : 'gate',
      };
      const valueAt = (time: number): number => (isRate ? (64 * workers) / time : time);
      tasks.push({ point, status, anchor: s % 5 === 1 ? point : undefined, without: undefined });
      outcomes.push(
        s === 4 && i === 5
          ? { why: 'no model is called "<b>squeezenet</b>"; choose one of: resnet-50' }
          : {
              predicted: valueAt(predicted),
              roofline: valueAt(seconds * 0.5),
              ideal: valueAt(seconds * (0.2 + 0.2 * random.uniform())),
              seconds: predicted,
              devices: workers,
              sizes: { devices: workers, batch: 64 },
              kernelFactor: 1,
            },
      );
      return point;
    });
    return { path: `source_${s}.yaml`, file: fileOf(s, kind), points };
  });
  return validationOf(ledgers, tasks, outcomes);
}

function statusOf(s: number, i: number): Exclude<PointStatus, 'failed'> {
  if (s === 7) return 'ordering';
  if (s % 5 === 1 && i % 9 === 0) return 'anchor';
  if (s === 3) return i % 2 === 0 ? 'fitted' : 'cross-validated';
  return 'validated';
}

function fileOf(s: number, kind: string): Ledger['file'] {
  return {
    format: 'stepcast-claims/1',
    id: `source_${s}`,
    source: { title: `Measurements of source ${s} <script>alert(1)</script>` },
    hardware: {},
    claims: ['claim-0', 'claim-1'].map((id) => ({
      id,
      kind,
      what: 'Samples per second by number of devices',
      provenance: { kind: 'seen' as const, tier: 'primary' as const, read_from: 'table', where: 'Table 3' },
      workload: {},
      strategy: {},
      metric: 'throughput' as const,
      unit: 'samples/s',
      anchor: 'none' as const,
      ...(s % 3 === 0 && { bound: 8 }),
      points: [{ value: 1 }],
    })),
    ...(s === 2 && {
      left_out: [{ claim: 'figure 7', points: 12, why: 'the figure does not say on which network' }],
    }),
  };
}
