import type { Value } from '../builder.ts';
import { reduceSumSquare } from '../ops/norms.ts';
import { reduceMean } from '../ops/reduction.ts';
import { concat } from '../ops/shape.ts';
import { type Authored, authored } from './author.ts';
import { embedding } from './embedding.ts';
import type { Layers } from './layers.ts';
import { setting } from './settings.ts';

/*
 * Null training steps (OSDI'16, section 6.2, figure 6): workers fetch parameters from 16 servers, compute next to nothing
 * and send updates back, so that what is measured is coordination and movement. Computed here is the sum of squares of
 * the parameters that were fetched, whose gradient cannot be sent before they have come (as that of their sum could).
 */

/**
 * All parameters are fetched: `scalar`, one value of each server, as it is; `dense`, a model of 100 MB, with 1,562,500
 * elements per variable, and of 1 GB with 15,625,000.
 */
export const nullStep = authored(
  {
    name: 'null-step',
    description:
      "a step that only fetches and updates all of its parameters (OSDI'16, section 6.2): 16 scalars",
  },
  {
    settings: {
      variables: setting(16, 1, 10_000, 'Parameters: with as many servers, each has one.'),
      elements: setting(1, 1, 1_000_000_000, 'Numbers of each.'),
    },
    body: (layers, batch, { variables, elements }) => {
      const sums = Array.from({ length: variables }, (_, i) =>
        sumOfSquares(layers, layers.parameter(`variable${i}`, [elements], undefined, undefined, 'ones'), [0]),
      );
      return nothing(layers, batch, layers.builder.add(concat, sums, { axis: 0 }, { name: 'sums' }));
    },
  },
);

/**
 * `sparse`: 32 random rows of a large embedding are fetched and updated. The paper says how many bytes the embedding has,
 * not how wide it is: rows of 512 numbers are those of its language model (section 6.4). 1 GB; of 16 GB with 7,812,500 rows.
 */
export const nullStepSparse = authored(
  {
    name: 'null-step-sparse',
    description:
      "a step that only fetches and updates 32 rows of an embedding of 1 GB (OSDI'16, section 6.2)",
  },
  {
    settings: {
      rows: setting(488_281, 1, 1_000_000_000, 'Rows of the embedding.'),
      width: setting(512, 1, 65_536, 'Numbers of a row.'),
      lookups: setting(32, 1, 1_000_000, 'Rows that a step fetches, per sample.'),
    },
    body: (layers, batch, { rows, width, lookups }) => {
      const ids = layers.integers('ids', [batch * lookups], rows);
      const vectors = embedding(layers, 'embedding', ids, rows, width);
      return nothing(layers, batch, sumOfSquares(layers, vectors, [0, 1]));
    },
  },
);

function sumOfSquares({ builder }: Layers, x: Value, axes: readonly number[]): Value {
  return builder.add(reduceSumSquare, [x], { axes: [...axes] }, { name: 'sum' });
}

/** There is nothing to predict: the labels are not read. */
function nothing(layers: Layers, batch: number, logits: Value): Authored {
  const axes = logits.spec.shape.map((_, axis) => axis);
  const loss = layers.builder.add(reduceMean, [logits], { axes, keepdims: false }, { name: 'loss' });
  return { labels: layers.numbers('labels', [batch, 1]), logits, loss };
}
