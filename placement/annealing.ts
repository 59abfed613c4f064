import { choiceOf, GroupMoves, MOVE_ODDS, type MoveOdds } from './group-moves.ts';
import type { OpGroups } from './groups.ts';
import type { Placer, PlacerContext, PlacerResult } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { placeOn } from './single-device.ts';
import { placedRanks, TaskOrder } from './task-order.ts';
import { Trials } from './trials.ts';

/** Where a search may begin. Without priorities, tasks are ordered by `placedRanks` where an order is sought. */
export type SearchStart = Pick<PlacerResult, 'placement' | 'priority'>;

export interface AnnealingOptions {
  readonly name: string;
  /** Op groups to aim at. */
  readonly groups: number;
  /** Evaluations, unless the context says how many. */
  readonly evaluations: number;
  /** First temperature of a round, as a share of the best score: at most `hot`, and `hotPerGroup` / op groups. */
  readonly hot: number;
  readonly hotPerGroup: number;
  /** Last temperature of a round. */
  readonly cold: number;
  /** Evaluations of a round per op group (and per task, where an order is sought). */
  readonly roundLength: number;
  /** How often in a round the search returns to its best placement. */
  readonly returns: number;
  readonly moves: MoveOdds;
  /** Where an order is sought. Share of changes that only swap tasks of one device … */
  readonly reorder: number;
  /** … of moves after which the first task moved takes a random place in the order … */
  readonly reinsert: number;
  /** … and of those after which all tasks are ordered by `placedRanks`. */
  readonly sort: number;
  /**
   * Placements to begin with beside the single devices: other placers' results, say. Groups that a placement splits go
   * where their first tasks are. What it evaluates with this context counts.
   */
  readonly starts?: (problem: PlacementProblem, context: PlacerContext) => readonly SearchStart[];
}

/**
 * Chosen on published graphs of 10 to 30 tasks with known optimum (their mean gaps hardly depend on them) and on training
 * steps of NMT, RNNLM and Inception-v3 on two and four GPUs (4,000 to 8,000 evaluations).
 */
export const ANNEALING_DEFAULTS: AnnealingOptions = {
  name: 'annealing',
  groups: 210,
  evaluations: 10_000,
  hot: 0.05,
  hotPerGroup: 2,
  cold: 3e-4,
  roundLength: 250,
  returns: 10,
  moves: MOVE_ODDS,
  reorder: 0.4,
  reinsert: 0.2,
  sort: 0.1,
};

/**
 * Simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983) over placements of op groups, in the form in which FlexFlow
 * (Jia, Zaharia & Aiken, MLSys 2019, section 6.2) searches: a Markov chain that takes each better placement, and a worse
 * one with probability
 *
 *     exp(−(score − current) / T),   T = best · hot · (cold / hot)^(share of the round)
 *
 * so that temperatures need no unit; `hot` is less where groups are many, each of which then changes the score less. See
 * GroupMoves for what is moved. It begins with the best single device (one is tried of each class) or the best of
 * `starts`, goes back to the best placement at intervals, as FlexFlow does, and heats up again after each round, of which
 * there are as many as evaluations last for; each later round begins with the best.
 *
 * Where the context can evaluate an order of tasks, it searches orders too: moves swap tasks of one device, or order all
 * by their longest way to the end.
 *
 * Known weaknesses:
 * - a cold start needs thousands of evaluations to pass what list scheduling finds at once on wide graphs;
 * - a warm start seldom leaves the valley that it begins in;
 * - between placements that do not fit into memory it has only the score to go by, and wanders where that is infinite.
 */
export function annealing(options: Partial<AnnealingOptions> = {}): Placer {
  const settings: AnnealingOptions = { ...ANNEALING_DEFAULTS, ...options };
  return {
    name: settings.name,
    description: 'simulated annealing: random moves of op groups, worse ones ever more rarely',
    searches: true,
    random: true,
    place(problem, context) {
      const trials = new Trials(context, settings.evaluations, problem.taskCount);
      const state = new Annealed(problem, problem.opGroups(settings.groups), settings, context, trials);
      state.begin();
      if (trials.count === 0) return { placement: state.moves.placement, evaluations: 0 };
      const elements = state.moves.groupCount + (state.order === undefined ? 0 : problem.taskCount);
      const limit = context.evaluations ?? settings.evaluations;
      const left = limit - trials.count;
      const rounds = Math.max(1, Math.round(left / Math.max(1, settings.roundLength * elements)));
      const first = trials.count;
      for (let round = 0; round < rounds; round++) {
        const from = trials.count;
        state.anneal(from, first + Math.round(((round + 1) * left) / rounds));
      }
      return trials.result(`${state.moves.groupCount} op groups, ${rounds} rounds`);
    },
  };
}

/** So many draws in a row that change nothing end a round: there is nothing to choose. */
const IDLE_DRAWS = 1000;

class Annealed {
  readonly moves: GroupMoves;
  readonly order: TaskOrder | undefined;
  private readonly problem: PlacementProblem;
  private readonly groups: OpGroups;
  private readonly settings: AnnealingOptions;
  private readonly context: PlacerContext;
  private readonly trials: Trials;
  private readonly ranks: Float64Array;
  private current = Number.POSITIVE_INFINITY;
  private best = Number.POSITIVE_INFINITY;
  private readonly bestChoice: Int32Array;
  private readonly bestPriority: Float64Array | undefined;

  constructor(
    problem: PlacementProblem,
    groups: OpGroups,
    settings: AnnealingOptions,
    context: PlacerContext,
    trials: Trials,
  ) {
    this.problem = problem;
    this.groups = groups;
    this.settings = settings;
    this.context = context;
    this.trials = trials;
    this.moves = new GroupMoves(problem, groups, settings.moves);
    this.order = context.evaluateOrdered === undefined ? undefined : new TaskOrder(problem);
    this.ranks = new Float64Array(problem.taskCount);
    this.bestChoice = this.moves.choice.slice();
    this.bestPriority = this.order?.priority.slice();
  }

  /** Evaluates where the search may begin, and stands on the best. */
  begin(): void {
    const { problem, trials, settings, context } = this;
    let first = true;
    const tryOut = ({ placement, priority }: SearchStart): void => {
      if (!trials.mayGoOn) return;
      this.moves.set(choiceOf(this.groups, placement));
      this.order?.sortBy(priority ?? placedRanks(problem, this.moves.placement, this.ranks));
      this.current = trials.score(this.moves.placement, this.order?.priority);
      if (first || this.current < this.best) this.keepBest();
      first = false;
    };
    for (let d = 0; d < problem.deviceCount; d++) {
      if (problem.deviceClass.indexOf(problem.deviceClass[d]!) === d)
        tryOut({ placement: placeOn(d, problem) });
    }
    if (settings.starts === undefined) return;
    const counted: PlacerContext = {
      ...context,
      evaluate: (placement) => trials.score(placement),
      ...(context.evaluateOrdered !== undefined && {
        evaluateOrdered: (placement, priority) => trials.score(placement, priority),
      }),
      evaluations: Math.max(0, (context.evaluations ?? settings.evaluations) - trials.count),
    };
    for (const start of settings.starts(problem, counted)) tryOut(start);
  }

  /** One round of cooling, from the best placement on. */
  anneal(from: number, to: number): void {
    const { trials, settings, context, moves, order } = this;
    const { random } = context;
    const hot = Math.max(settings.cold, Math.min(settings.hot, settings.hotPerGroup / moves.groupCount));
    this.returnToBest();
    let returns = 0;
    for (let idle = 0; trials.mayGoOn && trials.count < to && idle < IDLE_DRAWS; idle++) {
      const share = (trials.count - from) / (to - from);
      if (Math.floor(share * (settings.returns + 1)) > returns) {
        returns++;
        this.returnToBest();
      }
      const inOrder = order !== undefined && random.uniform() < settings.reorder;
      if (!(inOrder ? order.propose(moves.placement, random) : this.move())) continue;
      idle = -1;
      const score = trials.score(moves.placement, order?.priority);
      const temperature = this.best * hot * (settings.cold / hot) ** share;
      if (score <= this.current || random.uniform() < Math.exp((this.current - score) / temperature)) {
        this.current = score;
        if (score < this.best) this.keepBest();
      } else {
        if (!inOrder) moves.undo();
        order?.undo();
      }
    }
  }

  private move(): boolean {
    const { moves, order, settings, problem } = this;
    const { random } = this.context;
    if (!moves.propose(random)) return false;
    if (order === undefined) return true;
    const draw = random.uniform();
    if (draw < settings.sort) order.sortBy(placedRanks(problem, moves.placement, this.ranks));
    else if (draw < settings.sort + settings.reinsert) order.reinsert(moves.lastTask, random);
    else order.keep();
    return true;
  }

  private keepBest(): void {
    this.best = this.current;
    this.bestChoice.set(this.moves.choice);
    if (this.order !== undefined) this.bestPriority?.set(this.order.priority);
  }

  private returnToBest(): void {
    if (this.current === this.best) return;
    this.current = this.best;
    this.moves.set(this.bestChoice);
    if (this.bestPriority !== undefined) this.order?.sortBy(this.bestPriority);
  }
}
