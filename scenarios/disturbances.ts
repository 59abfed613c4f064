import * as z from 'zod';
import { UserError } from '../base/errors.ts';
import { parseQuantity } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { dalyInterval } from '../sim/checkpoint-interval.ts';
import { EMPIRICAL_DURATIONS, findDurations } from '../sim/disturbances/empirical.ts';
import type { DisturbanceSettings } from '../sim/disturbances/index.ts';
import { linkPatterns, matches, unknownPattern } from '../sim/disturbances/pattern.ts';
import { type CheckpointPolicy, NO_CHECKPOINTS } from '../sim/recovery.ts';
import { count, kinds, map, name, quantity, show } from './fields.ts';
import type { Runtime } from './runtime.ts';

/* How machines depart from the cost model, and what failing costs: parts of the scenario file. */

const spread = () => z.number().min(0).max(1);
const factor = () => z.number().min(1).max(1000);
const time = (least: string) => quantity('seconds', least, '100000 d');
const pattern = () => z.string().min(1).max(200);
const hosts = (whole: string) =>
  pattern()
    .default(whole)
    .describe('Hosts that are meant, e.g. "worker/3", "worker/*", "ps/*"; * stands for anything.');
const LINK = 'One direction, such as "worker/3 -> switch", or both: "worker/* <-> switch".';

export const noiseSchema = map({
  compute: map({
    sigma: spread()
      .default(0)
      .describe('Standard deviation of the logarithm; 0.05 is about 5 %. Drawn per worker and step.'),
    op_sigma: spread().optional().describe('The same for each op by itself, on all devices.'),
    empirical: name('table of durations', EMPIRICAL_DURATIONS)
      .optional()
      .describe('Measured durations that factors are drawn from, per worker and step or per worker.'),
  })
    .prefault({})
    .describe("Spread of a worker's compute time."),
  stragglers: map({
    probability: z.number().min(0).max(1).default(0).describe('Chance that a worker straggles in a step.'),
    slowdown: factor().default(1).describe('Factor on its compute time when it does.'),
  })
    .prefault({})
    .describe('Now and then a worker is slow for one step.'),
  device_spread: spread()
    .optional()
    .describe(
      'No two devices are equally fast: standard deviation of the logarithm of a constant factor per device.',
    ),
  transients: map({
    every: time('1 us').describe('Mean time from one spell of a device to its next, e.g. "10 min".'),
    last: time('1 us').describe('Mean time that a spell lasts.'),
    slowdown: factor().describe('Factor on the time of ops that start in it.'),
    hosts: hosts('worker/*'),
  })
    .optional()
    .describe('Now and then a device is slow for a while.'),
  links: z
    .array(
      kinds(
        'disturbed link',
        ['slow', 'flapping'],
        [
          map({
            kind: z.literal('slow'),
            link: pattern().describe(LINK),
            speed: z
              .number()
              .gt(0)
              .max(1)
              .describe('Share of its bandwidth that is left, throughout. Not 0: nothing would ever arrive.'),
          }).describe('Below its bandwidth throughout.'),
          map({
            kind: z.literal('flapping'),
            link: pattern().describe(LINK),
            up: time('1 us').describe('Mean time up.'),
            down: time('1 us').describe('Mean time down.'),
            speed: z.number().min(0).max(1).default(0).describe('Share of its bandwidth that is left then.'),
          }).describe('Down and up again by turns, at random; each direction by itself.'),
        ],
      ),
    )
    .max(1000)
    .optional()
    .describe('Links that are not what they should be.'),
});

const repair = () =>
  time('0 s')
    .optional()
    .describe('From the failure until the machine or a spare one is there, e.g. "10 min". Absent: never.');

export const failuresSchema = map({
  mtbf: map({
    host: time('1 us').optional().describe('Of each host, which fails with all its devices, e.g. "30 d".'),
    device: time('1 us').optional().describe('Of each device by itself.'),
    repair: repair(),
    hosts: hosts('*'),
  })
    .superRefine((mtbf, context) => {
      if (context.issues.length > 0 || mtbf.host !== undefined || mtbf.device !== undefined) return;
      context.addIssue({ code: 'custom', message: 'of what? set host or device, such as "30 d"' });
    })
    .optional()
    .describe('Failures at random: mean times between them.'),
  script: z
    .array(
      map({
        at: time('0 s').describe('When, e.g. "120 s".'),
        host: pattern().optional().describe('A host with all its devices, e.g. "worker/3".'),
        device: pattern().optional().describe('A device, e.g. "/job:worker/task:3/device:GPU:0".'),
        repair: repair(),
      }).superRefine((failure, context) => {
        if (context.issues.length > 0) return;
        if ((failure.host === undefined) !== (failure.device === undefined)) return;
        const message =
          failure.host === undefined
            ? 'missing; give a host or a device'
            : 'give either a host or a device, not both';
        context.addIssue({ code: 'custom', message, path: ['host'] });
      }),
    )
    .max(10_000)
    .optional()
    .describe('Failures at given times.'),
  detect: time('0 s').default('0 s').describe('Until a failure is noticed.'),
  restart: time('0 s').default('0 s').describe('From then (and the repair) until processes run again.'),
  checkpoint: map({
    every: z
      .union([count(1, 1_000_000_000), z.literal('optimal'), time('1 us')], {
        error: ({ input }) =>
          `expected a number of updates such as 100, a time such as "10 min", or optimal, got ${show(input)}`,
      })
      .describe(
        'Updates between checkpoints, or the time after which the next update is followed by one; optimal: the time that loses least to failures at random, by Daly (2006), for each run.',
      ),
    write: time('0 s').describe(
      'So long waits who made the update: synchronous workers compute their next gradients meanwhile, if they can.',
    ),
    restore: time('0 s').describe('Reading it, after variables were lost.'),
  })
    .optional()
    .describe('What is kept when variables are lost. Absent: all training begins again.'),
}).superRefine((failures, context) => {
  if (context.issues.length > 0 || failures.checkpoint?.every !== 'optimal' || failures.mtbf !== undefined)
    return;
  const message = 'optimal for which rate of failures? set failures.mtbf too, or a time such as "10 min"';
  context.addIssue({ code: 'custom', message, path: ['checkpoint', 'every'] });
});

interface DisturbedScenario {
  readonly noise: z.output<typeof noiseSchema>;
  readonly failures?: z.output<typeof failuresSchema> | undefined;
}

const seconds = (text: string): number => parseQuantity(text, 'seconds');
const orNever = (text: string | undefined): number =>
  text === undefined ? Number.POSITIVE_INFINITY : seconds(text);

/** What the scenario says, in the simulator's terms. */
export function disturbanceSettings({ noise, failures }: DisturbedScenario): DisturbanceSettings {
  const { compute, stragglers, device_spread, transients, links = [] } = noise;
  const { mtbf, script } = failures ?? {};
  return {
    steps: {
      sigma: compute.sigma,
      stragglerProbability: stragglers.probability,
      stragglerSlowdown: stragglers.slowdown,
    },
    empirical: compute.empirical === undefined ? undefined : findDurations(compute.empirical),
    opSigma: compute.op_sigma,
    deviceSigma: device_spread,
    transients: transients && {
      everySeconds: seconds(transients.every),
      lastSeconds: seconds(transients.last),
      slowdown: transients.slowdown,
      hosts: transients.hosts,
    },
    slowLinks: links.flatMap(({ link, ...entry }) =>
      entry.kind === 'slow' ? [{ link, factor: entry.speed }] : [],
    ),
    flappingLinks: links.flatMap(({ link, ...entry }) =>
      entry.kind === 'flapping'
        ? [{ link, upSeconds: seconds(entry.up), downSeconds: seconds(entry.down), factor: entry.speed }]
        : [],
    ),
    randomFailures: mtbf && {
      hostSeconds: orNever(mtbf.host),
      deviceSeconds: orNever(mtbf.device),
      repairSeconds: orNever(mtbf.repair),
      hosts: mtbf.hosts,
    },
    scriptedFailures: script?.map(({ at, host, device, repair }) => {
      return { seconds: seconds(at), host, device, repairSeconds: orNever(repair) };
    }),
  };
}

/**
 * `secondsBetweenRestarts`: mean time between the failures that take the job back to its checkpoint, from which the optimal
 * interval follows.
 */
export function checkpointPolicy(
  { failures }: DisturbedScenario,
  secondsBetweenRestarts = Number.POSITIVE_INFINITY,
): CheckpointPolicy {
  if (failures === undefined) return NO_CHECKPOINTS;
  const { detect, restart, checkpoint } = failures;
  const costs = { ...NO_CHECKPOINTS, detectSeconds: seconds(detect), restartSeconds: seconds(restart) };
  if (checkpoint === undefined) return costs;
  const { every } = checkpoint;
  const writeSeconds = seconds(checkpoint.write);
  // From the beginning of one checkpoint to that of the next.
  const optimal = (): number =>
    writeSeconds + dalyInterval({ betweenFailures: secondsBetweenRestarts, write: writeSeconds });
  return {
    ...costs,
    ...(typeof every === 'number'
      ? { everyUpdates: every }
      : { everySeconds: every === 'optimal' ? optimal() : seconds(every) }),
    writeSeconds,
    restoreSeconds: seconds(checkpoint.restore),
  };
}

/** From a failure at random (or the first of the script) until the machine is there again; Infinity: never. */
export function repairSecondsOf({ failures }: DisturbedScenario): number {
  return orNever((failures?.mtbf ?? failures?.script?.[0])?.repair);
}

/** Whether nothing but their place tells machines of a kind apart. */
export function isUndisturbed(settings: DisturbanceSettings): boolean {
  const { slowLinks = [], scriptedFailures = [] } = settings;
  return !isRandom(settings) && slowLinks.length === 0 && scriptedFailures.length === 0;
}

/** Whether two simulations under different seeds may differ. */
export function isRandom(settings: DisturbanceSettings): boolean {
  const {
    steps,
    empirical,
    deviceSigma = 0,
    opSigma = 0,
    transients,
    flappingLinks,
    randomFailures,
  } = settings;
  const straggles = steps !== undefined && steps.stragglerProbability > 0 && steps.stragglerSlowdown > 1;
  return (
    (steps?.sigma ?? 0) > 0 ||
    straggles ||
    empirical !== undefined ||
    deviceSigma > 0 ||
    opSigma > 0 ||
    transients !== undefined ||
    (flappingLinks?.length ?? 0) > 0 ||
    randomFailures !== undefined
  );
}

interface Unknown {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What cannot be: hosts, devices and links that the scenario names and the largest cluster of its experiments does not have. */
export function* unknownSubjects(
  { noise, failures, runtime }: DisturbedScenario & { readonly runtime: Runtime },
  largest: () => Cluster,
): Generator<Unknown> {
  if (runtime.network !== 'fluid' && (noise.links?.length ?? 0) > 0) {
    const message = 'links keep their speed in this network model; set runtime.network to fluid';
    yield { path: ['noise', 'links'], message };
  }
  const named = [noise.transients, failures?.mtbf, ...(noise.links ?? []), ...(failures?.script ?? [])];
  if (named.every((entry) => entry === undefined)) return;
  const cluster = largest();
  const hostNames = [...new Set(cluster.devices.map(({ host }) => host))];
  const deviceNames = cluster.devices.map((device) => device.name);
  const linkNames = cluster.links.map((link) => link.name);
  function* check(path: Unknown['path'], kind: string, text: string | undefined, names: string[]) {
    if (text === undefined || names.some((name) => matches(text, name))) return;
    yield { path, message: unknownPattern(kind, text, names).message };
  }
  yield* check(['noise', 'transients', 'hosts'], 'host', noise.transients?.hosts, hostNames);
  yield* check(['failures', 'mtbf', 'hosts'], 'host', failures?.mtbf?.hosts, hostNames);
  for (const [i, { link }] of (noise.links ?? []).entries()) {
    const path = ['noise', 'links', i, 'link'];
    try {
      // Both directions of a link are unknown for one reason.
      for (const text of linkPatterns(link)) {
        const [unknown] = check(path, 'link', text, linkNames);
        if (unknown === undefined) continue;
        yield unknown;
        break;
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      yield { path, message: error.message };
    }
  }
  for (const [i, { host, device }] of (failures?.script ?? []).entries()) {
    yield* check(['failures', 'script', i, 'host'], 'host', host, hostNames);
    yield* check(['failures', 'script', i, 'device'], 'device', device, deviceNames);
  }
}
