import { invariant } from '../../base/errors.ts';

/** Device hints of a unit: they say which stage and segment a node is of, and whether it is on the host. */
export class StageHints {
  private readonly pipeline: number;
  private readonly known = new Map<string, { stage: number; segment: number; onHost: boolean }>();

  constructor(pipeline: number) {
    this.pipeline = pipeline;
  }

  compute(stage: number, segment: number): string {
    return this.hint(`stage:${stage}/segment:${segment}`, { stage, segment, onHost: false });
  }

  host(stage: number): string {
    return this.hint(`stage:${stage}/host`, { stage, segment: -1, onHost: true });
  }

  stageOf(hint: string): number {
    return this.of(hint).stage;
  }

  segmentOf(hint: string): number {
    return this.of(hint).segment;
  }

  placeOf(hint: string): number {
    const { stage, onHost } = this.of(hint);
    return (stage % this.pipeline) + (onHost ? this.pipeline : 0);
  }

  private hint(text: string, means: { stage: number; segment: number; onHost: boolean }): string {
    this.known.set(text, means);
    return text;
  }

  private of(hint: string): { stage: number; segment: number; onHost: boolean } {
    const means = this.known.get(hint);
    invariant(means !== undefined, `the hint ${hint || '(none)'} names no stage`);
    return means;
  }
}
