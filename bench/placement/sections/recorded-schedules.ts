import { gapsOf, gapTable } from '../gaps.ts';
import { HEURISTICS } from '../heuristics.ts';
import { replayedSeconds, scheduleFault } from '../replay.ts';
import type { Section } from '../section.ts';

/** Graphs with communication and a recorded optimal schedule (O. Sinnen's group). Links are not shared. */
export const recordedSchedules: Section = {
  name: 'recorded',
  title: 'Graphs with communication and recorded optimal schedules (Sinnen)',
  run({ published, checks, quick, print, progress }) {
    const all = published.recorded();
    for (const instance of all) {
      const { name, problem, schedule, optimum } = instance;
      const fault = scheduleFault(problem, schedule);
      checks.check(fault === undefined, `${name}: the recorded schedule is none: ${fault}`);
      checks.equal(`${name} replayed`, replayedSeconds(problem, schedule), optimum);
    }
    print(`${all.length} schedules replayed`);
    const known = (quick ? all.filter((_, i) => i % 10 === 0) : all)
      .map((instance) => ({ instance, group: `CCR ${instance.ratio}` }))
      .sort((a, b) => a.instance.ratio - b.instance.ratio);
    const gaps = HEURISTICS.map((contestant) => {
      progress(contestant.name);
      return gapsOf(contestant, known, checks);
    });
    print(gapTable(gaps, known));
  },
};
