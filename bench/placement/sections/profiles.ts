import { stream } from '../../../base/random.ts';
import { formatTable } from '../../../cli/table.ts';
import { lowerBounds } from '../../../placement/bounds.ts';
import { ListTimer } from '../../../placement/list-timer.ts';
import { HEURISTIC_PLACERS } from '../heuristics.ts';
import { readProfile, trainingStep } from '../instances/pipedream.ts';
import type { Section } from '../section.ts';

/** Four V100s on PCIe 3.0, as PipeDream's measurements were made on. */
const MACHINE = { devices: 4, bytesPerSecond: 11e9, latencySeconds: 2e-5 };

const NETWORKS = [
  'image_classification/profiles/alexnet',
  'image_classification/profiles/vgg16',
  'image_classification/profiles/resnet50',
  'image_classification/profiles/inception_v3',
  'image_classification/profiles/nasnetamobile',
  'translation/profiles/gnmt',
];

/**
 * A training step of networks whose layers were measured (Narayanan et al. 2019). No optimum is known: the gap is to a
 * lower bound, which bounds how far a placement is from the best and does not measure it.
 */
export const measuredProfiles: Section = {
  name: 'profiles',
  title: 'Measured layers (PipeDream), one step on four V100s: % above a lower bound',
  run({ published, checks, quick, print, progress }) {
    const networks = (quick ? NETWORKS.slice(0, 2) : NETWORKS).flatMap((path) => {
      const text = published.text('pipedream', 'profiler', ...path.split('/'), 'graph.txt');
      if (text === undefined) return [];
      const problem = trainingStep(readProfile(text), MACHINE);
      return [{ name: path.split('/').at(-1)!, problem, bound: lowerBounds(problem).seconds }];
    });
    const columns = networks.map(({ name, problem, bound }) => {
      progress(name);
      const timer = new ListTimer(problem, 'by sender');
      const cells = HEURISTIC_PLACERS.map((placer) => {
        const { placement } = placer.place(problem, {
          evaluate: (candidate) => timer.seconds(candidate),
          failing: Number.POSITIVE_INFINITY,
          random: stream(1, 'bench', placer.name),
        });
        const seconds = timer.seconds(placement);
        checks.atMost(`${placer.name} on ${name}: lower bound`, bound, seconds);
        return (100 * Math.max(0, seconds / bound - 1)).toFixed(1);
      });
      return { header: name, align: 'right' as const, cells: [(1000 * bound).toFixed(1), ...cells] };
    });
    if (columns.length === 0) return print('pipedream/ is not there');
    print('Transfers one after another per sender; memory is not limited here.');
    const names = ['lower bound, ms', ...HEURISTIC_PLACERS.map(({ name }) => name)];
    print(formatTable([{ header: '', cells: names }, ...columns]));
  },
};
