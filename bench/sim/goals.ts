import type { Figures, GoalFigure } from './figures.ts';

type Measured = Omit<Figures, 'goals'>;

/** Where a goal is about several DAGs, the worst of them decides. */
const worst = (figures: readonly number[]): number | undefined =>
  figures.length === 0 ? undefined : Math.max(...figures);

/** What the simulator is meant to reach, against what was measured. */
export function goalFigures({ cases, memory, peers, rings }: Measured): GoalFigure[] {
  const warm = (network: string, count: number, dag: string): number | undefined =>
    cases.find((c) => c.network === network && c.count === count && c.dag === dag)?.warm;
  const growth = cases.flatMap((large) => {
    const small = cases.find(
      (c) => c.dag === large.dag && c.network === large.network && c.count === large.count / 10,
    );
    return large.count === 1e6 && small !== undefined ? [large.warm / small.warm] : [];
  });
  const fifoRatios = peers.filter(({ network }) => network === 'fifo').map(({ ratio }) => ratio);
  const fifo = cases.filter(({ network, count }) => network.startsWith('fifo') && count === 1e6);
  const ring = (how: string, ranks: number): number | undefined =>
    rings.find((each) => each.how === how && each.ranks === ranks)?.seconds;

  const atMost = (goal: string, limit: number, unit: string, figure: number | undefined): GoalFigure => {
    return { goal, unit, limit, atLeast: false, figure, met: figure !== undefined && figure <= limit };
  };
  const atLeast = (goal: string, limit: number, unit: string, figure: number | undefined): GoalFigure => {
    return { goal, unit, limit, atLeast: true, figure, met: figure !== undefined && figure >= limit };
  };
  return [
    ...(fifo.length > 0
      ? fifo.map(({ network, dag, warm }) =>
          atLeast(`${network}, ${dag}, 1e6, warm`, 5, 'million/s', 1 / warm),
        )
      : [atLeast('fifo, 1e6, warm', 5, 'million/s', undefined)]),
    atLeast(
      'FIFO network against SimPy, warm, least of all',
      30,
      '×',
      fifoRatios.length > 0 ? Math.min(...fifoRatios) : undefined,
    ),
    atMost('fluid, training 8/4, 1e5, warm', 1.5, 'µs/activity', warm('fluid', 1e5, 'training, 8/4')),
    atMost('fluid, training 64/32, 1e5, warm', 6, 'µs/activity', warm('fluid', 1e5, 'training, 64/32')),
    atMost('cost per activity, 1e6 over 1e5, most of all', 1.3, '×', worst(growth)),
    atMost(
      'peak memory, DAG included, most of all',
      150,
      'bytes/activity',
      worst(memory.map((m) => m.simulate)),
    ),
    atMost('ring all-reduce, 1,024 devices, flow by flow', 3, 's', ring('flow by flow', 1024)),
    atMost('ring all-reduce, 1,024 devices, folded', 0.1, 's', ring('folded', 1024)),
    atMost('ring all-reduce, 16,384 devices, folded', 2, 's', ring('folded', 16_384)),
  ];
}
