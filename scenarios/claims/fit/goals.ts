import { mean } from '../../../base/statistics.ts';
import { catalogWith } from '../../../devices/catalog/catalog.ts';
import { FITS } from '../../../devices/catalog/fits.ts';
import { committedLedger } from '../committed.ts';
import { CLAIM_KINDS } from '../kinds/index.ts';
import type { LedgerPoint } from '../ledger-point.ts';
import { loadLedger } from '../load.ts';
import { pointPredictor } from '../predict-point.ts';
import { tasksFor } from '../tasks.ts';

/** A group of the ledger's points, and how far predictions may be off on average, in per cent. */
interface Goal {
  readonly what: string;
  readonly percent: number;
  readonly has: (point: LedgerPoint) => boolean;
}

const IMAGES = /^(alexnet|googlenet|inception|overfeat|resne|vgg)/;
const isOf =
  (source: string, claim = '') =>
  (point: LedgerPoint): boolean =>
    point.source === source && point.claim.startsWith(claim);

const GOALS: readonly Goal[] = [
  {
    what: 'GPT on many hosts, one width left out',
    percent: 7,
    has: isOf('vtrain_ground_truth', 'multi_node'),
  },
  { what: 'GPT on one host, one size left out', percent: 9, has: isOf('vtrain_ground_truth', 'single_node') },
  {
    what: 'networks of images over devices, from one device on',
    percent: 6,
    has: ({ anchor, fields }) => anchor === 'single-device' && IMAGES.test(String(fields.model)),
  },
  {
    what: "parameter servers of TensorFlow's paper",
    percent: 15,
    has: ({ source, kind }) => source === 'tf_osdi16' && kind === 'parameter-server',
  },
  {
    what: "TOPS of the TPU's paper, one network's counters left out",
    percent: 20,
    has: isOf('tpu_isca17', 'table3'),
  },
  {
    what: 'collectives, a number of ranks or a device left out',
    percent: 10,
    has: ({ kind }) => kind === 'collective',
  },
];

export interface GoalReached {
  readonly what: string;
  readonly points: number;
  readonly meanAbsolutePercent: number;
  readonly biasPercent: number;
  readonly goalPercent: number;
}

/** How far predictions are off where what was fitted on a point leaves it out. Points that start others do not count. */
export function* goalsReached(): Generator<GoalReached> {
  const points = loadLedger([committedLedger()]).flatMap((file) => file.points);
  const predict = pointPredictor({ kinds: CLAIM_KINDS, catalogWith });
  const tasks = tasksFor(points, CLAIM_KINDS, FITS);
  for (const { what, percent, has } of GOALS) {
    const errors = tasks
      .filter(({ point, status }) => has(point) && (status === 'validated' || status === 'cross-validated'))
      .flatMap((task) => {
        const outcome = predict(task);
        return 'why' in outcome ? [] : [100 * (outcome.predicted / task.point.measured - 1)];
      });
    yield {
      what,
      points: errors.length,
      meanAbsolutePercent: mean(errors.map(Math.abs)),
      biasPercent: mean(errors),
      goalPercent: percent,
    };
  }
}
