import type { Results, Timeline } from '../scenarios/results.ts';

/*
 * What the page keeps of results: the same, but that times of bars are whole nanoseconds, starts as differences to the bar
 * before and ends as lengths. Most of a large report is bars, and that takes half of their digits.
 */

const PER_SECOND = 1e9;

/** A timeline in nanoseconds. */
interface PackedTimeline extends Omit<Timeline, 'start' | 'end'> {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

const nanoseconds = (seconds: number): number => Math.round(seconds * PER_SECOND);

/** The timeline itself where its times are not whole nanoseconds, as those of stepcast are. */
export function packTimeline(timeline: Timeline): PackedTimeline | Timeline {
  const { start, end, ...others } = timeline;
  if (![...start, ...end].every((seconds) => nanoseconds(seconds) / PER_SECOND === seconds)) return timeline;
  return {
    ...others,
    starts: start.map((seconds, i) => nanoseconds(seconds) - (i === 0 ? 0 : nanoseconds(start[i - 1]!))),
    lengths: end.map((seconds, i) => nanoseconds(seconds) - nanoseconds(start[i]!)),
  };
}

export function unpackTimeline(timeline: PackedTimeline | Timeline): Timeline {
  if (!('starts' in timeline)) return timeline;
  const { starts, lengths, ...others } = timeline;
  let sum = 0;
  const from = starts.map((difference) => {
    sum += difference;
    return sum;
  });
  return {
    ...others,
    start: from.map((start) => start / PER_SECOND),
    end: from.map((start, i) => (start + lengths[i]!) / PER_SECOND),
  };
}

/** What the page keeps of results. */
export function pageData(results: Results): unknown {
  return withTimelines(results, packTimeline);
}

/** What a page was made from, from what it keeps of that. */
export function fromPageData<Page extends { readonly format: string }>(kept: Page): Page {
  return kept.format === 'stepcast results'
    ? (withTimelines(kept as unknown as Results, unpackTimeline) as unknown as Page)
    : kept;
}

function withTimelines(results: Results, change: (timeline: Timeline) => PackedTimeline | Timeline): Results {
  const changed = <E extends { readonly timeline: Timeline | null }>(experiment: E): E => ({
    ...experiment,
    timeline: experiment.timeline && change(experiment.timeline),
  });
  const { training, placement } = results;
  return { ...results, training: training.map(changed), placement: placement.map(changed) };
}
