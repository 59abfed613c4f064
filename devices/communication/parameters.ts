import { invariant } from '../../base/errors.ts';

/**
 * What collectives of GPUs take besides the bytes on their links: constants of the communication library (NCCL and its
 * like), fitted to measured collectives (fits/collectives.json). Seconds, bytes per second, and shares.
 *
 * A ring or tree sends by one of three protocols. `Simple` synchronises on flags after whole chunks and has all of the
 * bandwidth; `LL` (low latency) sends a 4-byte flag with every 4 bytes, so that the receiver needs to wait for nothing
 * else; `LL128` 8 bytes with every 120, where the link keeps stores of 128 bytes whole (NVLink).
 */
export interface CommunicationParameters {
  /** To start a collective, and for all ranks to meet. */
  readonly baseSeconds: number;
  /** The same on hosts whose switch reduces (Hopper and later). */
  readonly inSwitchBaseSeconds: number;
  /** Per step from rank to rank, by protocol: over NVLink and the like, over PCIe, over the network (besides the latency of its links). */
  readonly peerStepLL: number;
  readonly peerStepLL128: number;
  readonly peerStepSimple: number;
  readonly busStepSimple: number;
  readonly networkStepLL: number;
  /** Share of the bandwidth of Simple. */
  readonly shareLL: number;
  readonly shareLL128: number;
  /** What is left to do of a ring's last chunk once it has arrived, at this share of the device's memory bandwidth. */
  readonly copyShare: number;
  /** Of links' rates in the catalog: what collectives get of NVLink 2 and 3, of PCIe below one switch, of PCIe over the host. */
  readonly nvlink2Share: number;
  readonly nvlink3Share: number;
  readonly busShare: number;
  readonly bridgeShare: number;
  /** Of the network's rate where GPUs reach their adapters over PCIe that their exchanges go over too. */
  readonly stagedShare: number;
  /** Of a ring's rate where a GPU passes on what is not for it, since links lack to join all in a circle. */
  readonly forwardShare: number;
  /**
   * Where a switch reduces: how the rate grows with the size, as more and more channels are used. A transfer of t seconds at r bytes
   * per second takes this · r · √t longer: the unit is √s per (byte/s).
   */
  readonly inSwitchRamp: number;
}

/** Names of the parameters, in the order of the fit's file. */
export const COMMUNICATION_PARAMETERS = [
  'baseSeconds',
  'inSwitchBaseSeconds',
  'peerStepLL',
  'peerStepLL128',
  'peerStepSimple',
  'busStepSimple',
  'networkStepLL',
  'shareLL',
  'shareLL128',
  'copyShare',
  'nvlink2Share',
  'nvlink3Share',
  'busShare',
  'bridgeShare',
  'stagedShare',
  'forwardShare',
  'inSwitchRamp',
] as const satisfies readonly (keyof CommunicationParameters)[];

/** The parameters of a fit, all of them. */
export function communicationParameters(fitted: Readonly<Record<string, number>>): CommunicationParameters {
  const missing = COMMUNICATION_PARAMETERS.find((name) => fitted[name] === undefined);
  invariant(missing === undefined, `the fit of collectives has no ${missing}`);
  return fitted as Readonly<Record<keyof CommunicationParameters, number>>;
}
