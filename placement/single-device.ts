import { UserError, unknownName } from '../base/errors.ts';
import { deviceMatcher } from '../devices/device-spec.ts';
import type { Placement, Placer } from './placer.ts';
import { type PlacementProblem, placedGroups } from './problem.ts';
import { Trials } from './trials.ts';

/**
 * The whole graph on one device; colocation groups that may not run there go to their first feasible device.
 *
 * Which device: the one that `spec` names (`/job:worker/task:0/device:GPU:1`). Where `spec` matches several
 * (`/device:GPU:*`; '' matches all), each is tried with `context.evaluate` and the best is taken, the lowest
 * index among equals. `note` tells which.
 */
export function singleDevice(spec = ''): Placer {
  return {
    name: spec === '' ? 'single-device' : `single-device:${spec}`,
    description: `the whole graph on ${spec === '' ? 'the best single device' : spec}`,
    place(problem, context) {
      const candidates = devicesNamed(spec, problem.deviceName);
      const name = (device: number): string => problem.deviceName[device]!;
      if (candidates.length === 1) {
        const only = candidates[0]!;
        return { placement: placeOn(only, problem), evaluations: 0, note: `on ${name(only)}` };
      }
      const trials = new Trials(context, candidates.length, problem.taskCount);
      let best = candidates[0]!;
      for (const device of candidates) {
        const before = trials.bestScore;
        if (trials.score(placeOn(device, problem)) < before) best = device;
      }
      return trials.result(`on ${name(best)}, the fastest of ${candidates.length}`);
    },
  };
}

/** Every task on `device`, or on its first feasible device where its constraints forbid that one. */
export function placeOn(device: number, problem: PlacementProblem): Placement {
  return placedGroups(
    problem,
    problem.feasible.map((choice) => (choice.includes(device) ? device : choice[0]!)),
  );
}

function devicesNamed(spec: string, names: readonly string[]): number[] {
  const exact = names.indexOf(spec);
  if (exact >= 0) return [exact];
  const matches = deviceMatcher(spec);
  const devices = names.flatMap((name, d) => (matches(name) ? [d] : []));
  if (devices.length > 0) return devices;
  throw new UserError(unknownName('device', spec, names));
}
