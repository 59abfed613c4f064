import { stream } from '../../base/random.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { LINK_BYTES_PER_SECOND } from './star.ts';

/*
 * The DAGs that the simulator and its peers run. Every host has one stream that computes one activity at a time; every
 * duration and size is drawn, so that no two events fall on the same instant by design and the order of ties, which
 * peers decide differently, does not matter. On average, computing and sending take about as long: each then waits
 * for the other now and then.
 */

/** Mean seconds of one computation. */
const COMPUTE_SECONDS = 1e-3;

/**
 * Layers of four computations per host, on hosts drawn at random, each after two of the layer before; what comes from
 * another host is a message of 1 to 7 KiB (0.5 ms on average, two each way per computation). Ends with the layer in
 * which `count` activities are reached.
 */
export function layered(count: number, hosts: number, seed: number): ActivityGraph {
  const random = stream(seed, 'layered');
  const write = new ActivityGraphBuilder();
  const streams = Array.from({ length: hosts }, (_, host) => write.stream(host));
  const width = 4 * hosts;
  let before: { readonly activity: number; readonly host: number }[] = [];
  while (write.count < count) {
    const layer: { readonly activity: number; readonly host: number }[] = [];
    for (let i = 0; i < width; i++) {
      const host = random.below(hosts);
      const activity = write.compute(streams[host]!, COMPUTE_SECONDS * (0.2 + 1.6 * random.uniform()));
      layer.push({ activity, host });
      if (before.length === 0) continue;
      const first = random.below(width);
      // Another one than the first: an edge twice would not be a DAG for every peer.
      const second = (first + 1 + random.below(width - 1)) % width;
      for (const input of [before[first]!, before[second]!]) {
        if (input.host === host) write.after(input.activity, activity);
        else {
          const message = write.transfer(input.host, host, 1024 + random.below(6 * 1024 + 1));
          write.after(input.activity, message);
          write.after(message, activity);
        }
      }
    }
    before = layer;
  }
  return write.finish();
}

/**
 * One step of synchronous training with parameter servers: per worker a chain of forward and a chain of backward
 * computations, one of each per layer; after each backward one, a push to the layer's server (layers go round); after
 * the pushes of all workers, an update there; after it, a pull back to each worker. layers · (4 · workers + 1)
 * activities. A layer's messages have one size, such that the servers' links are just as fast as the workers go
 * backward: what is slower now and then waits. Hosts: workers, then servers.
 */
export function trainingStep(workers: number, servers: number, layers: number, seed: number): ActivityGraph {
  const random = stream(seed, 'training-step');
  const write = new ActivityGraphBuilder();
  const streams = Array.from({ length: workers + servers }, (_, host) => write.stream(host));
  const seconds = (): number => COMPUTE_SECONDS * (0.5 + random.uniform());
  // Per layer, a server in turn takes in one message of each worker.
  const meanBytes = COMPUTE_SECONDS * LINK_BYTES_PER_SECOND * (servers / workers);
  const last = new Int32Array(workers).fill(-1);
  const chain = (worker: number): number => {
    const activity = write.compute(streams[worker]!, seconds());
    if (last[worker] !== -1) write.after(last[worker]!, activity);
    last[worker] = activity;
    return activity;
  };
  for (let worker = 0; worker < workers; worker++) {
    for (let layer = 0; layer < layers; layer++) chain(worker);
  }
  for (let layer = layers - 1; layer >= 0; layer--) {
    const bytes = Math.ceil(meanBytes * (0.5 + random.uniform()));
    const server = workers + (layer % servers);
    const update = write.compute(streams[server]!, 0.1 * seconds());
    for (let worker = 0; worker < workers; worker++) {
      const push = write.transfer(worker, server, bytes);
      write.after(chain(worker), push);
      write.after(push, update);
      write.after(update, write.transfer(server, worker, bytes));
    }
  }
  return write.finish();
}

/** As many layers as make about `count` activities. */
export function trainingStepOf(count: number, workers: number, servers: number, seed: number): ActivityGraph {
  return trainingStep(workers, servers, Math.max(1, Math.round(count / (4 * workers + 1))), seed);
}
