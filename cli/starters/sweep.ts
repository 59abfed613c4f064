/** A first sweep: many scenarios that differ in some values. */
export const SWEEP = `title: Which network do eight V100 workers need?
description: ResNet-50 by all-reduce and by parameter servers, on networks from 1 to 100 Gb/s.

# Equal seeds give equal results, byte for byte.
seed: 1

cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: v100 }
  parameter_servers: { count: 2, cpu: xeon-e5-2699v3 }
  network: { bandwidth: 10 Gb/s, latency: 10 us }

experiments:
  - kind: training
    name: resnet-50
    model: { name: resnet-50, batch: 32 }
    workers: [8]
    steps: 5
    strategies: [sync]

# \`stepcast sweep\` runs the experiments once for each point. Paths are those of --set.
sweep:
  # grid: every combination. Others: list (the points themselves), random and latin-hypercube (samples: so many points).
  kind: grid
  parameters:
    cluster.network.bandwidth: { from: 1 Gb/s, to: 100 Gb/s, scale: log, points: 5 }
    experiments.resnet-50.strategies: [[sync], [all-reduce]]
  seeds: 1 # each point under so many seeds
`;
