import { stream } from '../../../base/random.ts';
import { annealing } from '../../../placement/annealing.ts';
import { ordered } from '../contestants.ts';
import { gapsOf, gapTable } from '../gaps.ts';
import { HEURISTICS } from '../heuristics.ts';
import { constructed } from '../instances/constructed.ts';
import type { Section } from '../section.ts';

/** Graphs made around a schedule without gaps, so that their optimum is known: communication and unlike devices. */
export const constructedGraphs: Section = {
  name: 'constructed',
  title: 'Graphs made around an optimal schedule: communication, unlike devices',
  run({ checks, quick, print, progress }) {
    const known = [1, 3].flatMap((slowest) =>
      [0.1, 1, 10].flatMap((ratio) =>
        [2, 4, 8].flatMap((devices) =>
          [24, 48].flatMap((tasks) =>
            Array.from({ length: quick ? 1 : 5 }, (_, i) => ({
              instance: constructed(
                { tasks, devices, slowest, ratio },
                stream(1, 'constructed', slowest, ratio, devices, tasks, i),
              ),
              group: `${slowest === 1 ? 'alike' : 'unlike'}/${ratio}`,
            })),
          ),
        ),
      ),
    );
    const search = ordered(annealing(), quick ? 5000 : 20_000);
    const gaps = [...HEURISTICS, search].map((contestant) => {
      progress(contestant.name);
      return gapsOf(contestant, known, checks);
    });
    print(`${known.length} graphs; columns: devices/edges within a device in mean task times, at most`);
    print(gapTable(gaps, known));
  },
};
