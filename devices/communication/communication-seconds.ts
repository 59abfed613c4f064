import type { GroupPaths } from './group-paths.ts';
import type { CommunicationParameters } from './parameters.ts';

export interface CommunicationTask {
  readonly collective: string;
  /** As in CollectiveTask. */
  readonly bytes: number;
  /** Year of the library, which says what it has: the latest unless given. */
  readonly year?: number;
}

export interface CommunicationTime {
  readonly algorithm: 'ring' | 'tree' | 'in-switch' | 'in-switch-tree' | 'direct';
  readonly protocol: 'LL' | 'LL128' | 'Simple';
  readonly seconds: number;
  /** What all ranks of a host send to the next host, and each rank to its neighbour inside, in bytes. */
  readonly betweenHosts: number;
  readonly withinHost: number;
}

/** Protocols: steps over each medium, and share of the bandwidth. */
interface Protocol {
  readonly name: CommunicationTime['protocol'];
  readonly peerStep: number;
  readonly busStep: number;
  readonly networkStep: number;
  readonly share: number;
}

/**
 * Years in which NCCL got what it has: LL in 2.1, trees and LL128 in 2.4 and 2.5, reduction in the switch in 2.17 (release notes;
 * recalled). Before, there were rings and Simple.
 */
const SINCE = { LL: 2018, trees: 2019, LL128: 2019, inSwitch: 2023 } as const;

/** Steps over the network besides the latency of its links, and over PCIe (NCCL, src/graph/tuning.cc, hwLat; its trees' where it tells them from rings'). */
const NETWORK_STEP_LL128 = 4e-6;
const NETWORK_STEP_SIMPLE = 14e-6;
const BUS_STEP_LL = 1e-6;

/**
 * What trees reach of a ring's bandwidth (NCCL, src/graph/tuning.cc: 0.9), and what of that with messages up to 4 MiB, growing to all
 * of it at 128 MiB, as more of their chunks are under way at once (treeCorrectionFactor there, in round figures).
 */
const TREE_SHARE = 0.9;
const SMALL_TREE = { share: 0.5, bytes: 4 * 2 ** 20, fullBytes: 128 * 2 ** 20 } as const;

function treeShare(bytes: number): number {
  const { share, bytes: small, fullBytes } = SMALL_TREE;
  const grown = Math.log2(Math.max(1, bytes / small)) / Math.log2(fullBytes / small);
  return TREE_SHARE * Math.min(1, share + (1 - share) * grown);
}

/**
 * Reads of 8 ranks' memory are what measured in-switch reductions share the switch with; among more, each adds to what it has to do:
 * all-reduces of 72 ranks move no more than those of 8 per unit of 2(N−1)/N (nccl-tests on a GB200 NVL72, coreweave/nccl-tests
 * #43: 835 GB/s; on 8 B200: 846 GB/s, Bekman, Machine Learning Engineering, network).
 */
const IN_SWITCH_RANKS = 8;

/**
 * Seconds of a collective among GPUs by their communication library, which chooses among its algorithms and protocols the
 * quickest: NCCL's model (ncclTopoTuneModel, src/graph/tuning.cc) of `latency + bytes / bandwidth`, with constants fitted
 * to measurements. N ranks on H hosts, B the bandwidth of all rings from rank to rank (the least of inside and between hosts),
 * n bytes:
 *
 *     ring             base + s·steps + 2(N−1)/N · n/B + n/(N·copy)     2(N−1) steps, 2(H−1) of them over the network
 *     tree, H > 1      base + 2(steps down a host's chain + ⌈log₂H⌉ over the network) + n/B',  B' = 0.9 of the
 *                      network's B for 2 hosts and half of it for more (there are two trees, and inner hosts have two
 *                      below them), at most half of inside; less of it for small messages
 *     in-switch        base + t + ramp·r·√t,  t = (N+1)/N · n/r, r = share · link: each rank's memory is read and written once
 *     in-switch tree   the same in each host, and a tree of hosts between
 *
 * Reduce-scatter and all-gather: half of a ring; broadcast and reduce: n/B, a chain of N − 1 steps in chunks; all-to-all:
 * all messages at once, inside at the rate of a rank's port, the others at the network's.
 */
export function communicationTimes(
  { collective, bytes, year = Number.POSITIVE_INFINITY }: CommunicationTask,
  paths: GroupPaths,
  parameters: CommunicationParameters,
): CommunicationTime[] {
  const rates = ratesOf(paths, parameters);
  const protocols = protocolsOf(paths, parameters).filter(
    ({ name }) => name === 'Simple' || year >= SINCE[name],
  );
  if (collective === 'all-to-all') return [allToAll(bytes, paths, rates, protocols.at(-1)!)];
  const times = protocols.map((protocol) => ring(collective, bytes, paths, rates, protocol, parameters));
  if (collective !== 'all-reduce') return times;
  if (paths.hosts.length > 1 && year >= SINCE.trees)
    times.push(...protocols.map((protocol) => tree(bytes, paths, rates, protocol)));
  if (rates.inSwitch !== undefined && year >= SINCE.inSwitch)
    times.push(inSwitch(bytes, paths, rates, parameters));
  return times;
}

/** The quickest of `communicationTimes`. */
export function communicationTime(...of: Parameters<typeof communicationTimes>): CommunicationTime {
  return communicationTimes(...of).reduce((best, time) => (time.seconds < best.seconds ? time : best));
}

/** Bytes per second that collectives get; infinite where nothing has to be crossed. */
interface Rates {
  readonly base: number;
  readonly within: number;
  readonly port: number;
  readonly between: number;
  readonly inSwitch: number | undefined;
}

function ratesOf({ within, between, perHost }: GroupPaths, parameters: CommunicationParameters): Rates {
  const { nvlink2Share, nvlink3Share, busShare, bridgeShare, stagedShare, forwardShare } = parameters;
  let share = 1;
  if (within?.medium === 'bus') {
    if (within.crossesHost) share = bridgeShare;
    // Two that share a switch send to one another and to nobody else.
    else if (perHost > 2) share = busShare;
  } else if (within?.link === 'nvlink2') share = nvlink2Share;
  else if (within?.link === 'nvlink3') share = nvlink3Share;
  const ringShare = within?.rings?.forwards === true ? share * forwardShare : share;
  const networkShare = within?.medium === 'bus' ? stagedShare : 1;
  const { inSwitchShare } = within ?? {};
  return {
    base: inSwitchShare === undefined ? parameters.baseSeconds : parameters.inSwitchBaseSeconds,
    within: within === undefined ? Number.POSITIVE_INFINITY : ringShare * within.ringBytesPerSecond,
    port: within === undefined ? Number.POSITIVE_INFINITY : share * within.portBytesPerSecond,
    between: between === undefined ? Number.POSITIVE_INFINITY : networkShare * between.bytesPerSecond,
    inSwitch: inSwitchShare === undefined ? undefined : inSwitchShare * within!.portBytesPerSecond,
  };
}

function protocolsOf({ within, between }: GroupPaths, p: CommunicationParameters): Protocol[] {
  const latency = between?.latencySeconds ?? 0;
  const LL: Protocol = {
    name: 'LL',
    peerStep: p.peerStepLL,
    busStep: BUS_STEP_LL,
    networkStep: p.networkStepLL + latency,
    share: p.shareLL,
  };
  const LL128: Protocol = {
    name: 'LL128',
    peerStep: p.peerStepLL128,
    busStep: p.busStepSimple,
    networkStep: NETWORK_STEP_LL128 + latency,
    share: p.shareLL128,
  };
  const simple: Protocol = {
    name: 'Simple',
    peerStep: p.peerStepSimple,
    busStep: p.busStepSimple,
    networkStep: NETWORK_STEP_SIMPLE + latency,
    share: 1,
  };
  return within?.medium === 'bus' ? [LL, simple] : [LL, LL128, simple];
}

/** Of the seconds over the ring: steps and the part of the bytes that each rank sends on. */
function ring(
  collective: string,
  bytes: number,
  paths: GroupPaths,
  rates: Rates,
  protocol: Protocol,
  { copyShare }: CommunicationParameters,
): CommunicationTime {
  const { ranks, hosts, within, memoryBytesPerSecond } = paths;
  const rounds = collective === 'all-reduce' ? 2 : 1;
  const isShared = collective !== 'broadcast' && collective !== 'reduce';
  const sent = isShared ? (rounds * (ranks - 1) * bytes) / ranks : bytes;
  const networkSteps = rounds * (hosts.length - 1);
  const hostSteps = rounds * (ranks - 1) - networkSteps;
  const rate = protocol.share * Math.min(rates.within, rates.between);
  const last = protocol.name === 'LL' ? 0 : bytes / ranks / (copyShare * memoryBytesPerSecond);
  return {
    algorithm: 'ring',
    protocol: protocol.name,
    seconds:
      rates.base +
      hostSteps * (within?.medium === 'bus' ? protocol.busStep : protocol.peerStep) +
      networkSteps * protocol.networkStep +
      sent / rate +
      last,
    betweenHosts: sent,
    withinHost: sent,
  };
}

/** Two hosts send each other the vector once, more of them twice: the inner nodes of a tree have two below them. */
const networkPasses = (hosts: number): number => (hosts === 2 ? 1 : 2);

function tree(bytes: number, paths: GroupPaths, rates: Rates, protocol: Protocol): CommunicationTime {
  const { hosts, perHost, within } = paths;
  const step = within?.medium === 'bus' ? protocol.busStep : protocol.peerStep;
  const rate = treeShare(bytes) * Math.min(rates.between / networkPasses(hosts.length), rates.within / 2);
  return {
    algorithm: 'tree',
    protocol: protocol.name,
    seconds:
      rates.base +
      2 * ((perHost - 1) * step + Math.ceil(Math.log2(hosts.length)) * protocol.networkStep) +
      bytes / (protocol.share * rate),
    betweenHosts: networkPasses(hosts.length) * bytes,
    withinHost: 2 * bytes,
  };
}

function inSwitch(
  bytes: number,
  { hosts, perHost, between }: GroupPaths,
  rates: Rates,
  { inSwitchRamp }: CommunicationParameters,
): CommunicationTime {
  const least = (IN_SWITCH_RANKS + 1) / (2 * (IN_SWITCH_RANKS - 1));
  const passes = Math.max((perHost + 1) / perHost, ((2 * (perHost - 1)) / perHost) * least);
  const inside = (passes * bytes) / rates.inSwitch!;
  const outside = (networkPasses(hosts.length) * bytes) / rates.between;
  const transfer = Math.max(inside, outside);
  const steps =
    between === undefined
      ? 0
      : 2 * Math.ceil(Math.log2(hosts.length)) * (NETWORK_STEP_SIMPLE + between.latencySeconds);
  return {
    algorithm: hosts.length > 1 ? 'in-switch-tree' : 'in-switch',
    protocol: 'Simple',
    seconds: rates.base + steps + transfer + inSwitchRamp * rates.inSwitch! * Math.sqrt(transfer),
    betweenHosts: hosts.length > 1 ? networkPasses(hosts.length) * bytes : 0,
    withinHost: passes * bytes,
  };
}

function allToAll(bytes: number, paths: GroupPaths, rates: Rates, protocol: Protocol): CommunicationTime {
  const { ranks, perHost, hosts, within } = paths;
  const inside = ((perHost - 1) / ranks) * bytes;
  const outside = ((ranks - perHost) / ranks) * bytes * perHost;
  const step = within?.medium === 'bus' ? protocol.busStep : protocol.peerStep;
  return {
    algorithm: 'direct',
    protocol: protocol.name,
    seconds:
      rates.base +
      (hosts.length > 1 ? protocol.networkStep : step) +
      Math.max(inside / rates.port, outside / rates.between),
    betweenHosts: outside,
    withinHost: inside,
  };
}
