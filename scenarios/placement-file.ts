import * as z from 'zod';
import { nearest, UserError } from '../base/errors.ts';
import { quoted } from '../base/text.ts';
import type { Placer } from '../placement/placer.ts';
import { calledInMessages, readText } from './read-text.ts';

/** A placement to keep: the full TensorFlow-style device name of each node. */
export interface PlacementFile {
  readonly format: 'stepcast placement';
  readonly version: 1;
  readonly model: string;
  readonly batch: number;
  /** Who found it. */
  readonly placer: string;
  readonly nodes: { readonly [node: string]: string };
}

const schema = z.object({
  format: z.literal('stepcast placement'),
  version: z.literal(1),
  nodes: z.record(z.string(), z.string()),
});

const FILE = {
  name: 'a placement',
  format: 'JSON in UTF-8',
  mostBytes: 256 * 2 ** 20,
  ending: /\.json$/,
};

export const formatPlacement = (file: PlacementFile): string => `${JSON.stringify(file, undefined, 1)}\n`;

/**
 * The placer that puts each node where a file says.
 *
 * @throws UserError where the file is none, or of another graph or cluster.
 */
export function placementFromFile(path: string): Placer {
  return {
    name: 'file',
    description: `as ${path} says`,
    place(problem) {
      const called = calledInMessages(path);
      const nodes = readPlacement(path);
      const placement = Int32Array.from(problem.name, (name, task) => {
        const device = nodes.get(name);
        if (device === undefined) {
          throw new UserError(
            `${called}: says nothing of node ${quoted(name)}; it is a placement of another graph${
              nearest(name, [...nodes.keys()].slice(0, 10_000)) === undefined
                ? ''
                : ', or of one with other settings'
            }`,
          );
        }
        const d = problem.deviceName.indexOf(device);
        if (d < 0) {
          throw new UserError(
            `${called}: node ${quoted(name)} is on ${quoted(device)}, which the cluster does not have; it has ${problem.deviceName.slice(0, 8).join(', ')}${problem.deviceCount > 8 ? ', …' : ''}`,
          );
        }
        if (!problem.feasible[problem.group[task]!]!.includes(d)) {
          throw new UserError(`${called}: node ${quoted(name)} cannot run on ${quoted(device)}`);
        }
        return d;
      });
      for (const [task, device] of placement.entries()) {
        const first = problem.member[problem.memberStart[problem.group[task]!]!]!;
        if (placement[first] === device) continue;
        throw new UserError(
          `${called}: nodes ${quoted(problem.name[first]!)} and ${quoted(problem.name[task]!)} are colocated, but on different devices`,
        );
      }
      return { placement, evaluations: 0, note: 'found before' };
    },
  };
}

function readPlacement(path: string): Map<string, string> {
  const called = calledInMessages(path);
  let value: unknown;
  try {
    value = JSON.parse(readText(path, FILE));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`${called}: not JSON: ${error.message}`);
    throw error;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${called}: not a placement: ${issue!.path.join('.')}: ${issue!.message}`);
  }
  return new Map(Object.entries(parsed.data.nodes));
}
