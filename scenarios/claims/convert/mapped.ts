import type { Facts } from './facts.ts';
import type { ConvertedHardware } from './hardware.ts';
import type { SourceClaim, SourceFile } from './source.ts';

/** A point as a kind of claim has it. */
export interface Mapped {
  readonly kind: string;
  readonly fields: Facts;
  /** In which fields the step differs that it is compared with, of relative metrics. */
  readonly relativeTo?: Facts;
  /** What was taken for granted, in words for the claim's caveats. */
  readonly assumed: readonly string[];
  /** The same, of what devices do together. */
  readonly assumedOfSeveral?: readonly string[];
}

/** What a mapping is given of a point: all that its source says. */
export interface Said {
  readonly file: SourceFile;
  readonly claim: SourceClaim;
  readonly point: Facts;
  /** Models of the file, workload, strategy and point merged. */
  readonly facts: Facts;
  /** The strategy in words, and what the point adds to it. */
  readonly strategy: string;
  readonly hardware: ConvertedHardware;
}
