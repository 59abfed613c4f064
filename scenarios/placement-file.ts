import { nearest, UserError } from '../base/errors.ts';
import { quoted } from '../base/text.ts';
import type { Placer, PlacerResult } from '../placement/placer.ts';
import type { PlacementProblem } from '../placement/problem.ts';
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
  const called = calledInMessages(path);
  return {
    name: 'file',
    description: `as ${path} says`,
    place: (problem) => placed(problem, called, readPlacement(path), 'found before'),
  };
}

/** The placer that puts each node on the device that is given for it. @throws UserError where it does not fit the problem. */
export function placementFromNodes(nodes: PlacementFile['nodes']): Placer {
  return {
    name: 'given',
    description: 'as the scenario says',
    place: (problem) => placed(problem, 'placer given', new Map(Object.entries(nodes)), 'given'),
  };
}

/** `called`: who says it, for messages. */
function placed(
  problem: PlacementProblem,
  called: string,
  nodes: ReadonlyMap<string, string>,
  note: string,
): PlacerResult {
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
  return { placement, evaluations: 0, note };
}

/** Device by node. By hand: a schema would take seconds for a million nodes, and pass over one called `__proto__`. */
function readPlacement(path: string): Map<string, string> {
  const called = calledInMessages(path);
  const nodes = nodesOf(parsed(path));
  if (nodes === undefined) {
    throw new UserError(
      `${called}: not a placement; one has "format": "stepcast placement", "version": 1 and "nodes", the device of each node`,
    );
  }
  for (const [node, device] of nodes) {
    if (typeof device !== 'string')
      throw new UserError(
        `${called}: node ${quoted(node)}: expected the name of a device, in quotation marks`,
      );
  }
  return nodes as Map<string, string>;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readText(path, FILE));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${calledInMessages(path)}: not JSON: ${error.message.replaceAll(/\s+/g, ' ')}`);
  }
}

function nodesOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { format, version, nodes } = value as { readonly [key in keyof PlacementFile]?: unknown };
  if (format !== 'stepcast placement' || version !== 1) return undefined;
  if (typeof nodes !== 'object' || nodes === null || Array.isArray(nodes)) return undefined;
  return new Map(Object.entries(nodes));
}
