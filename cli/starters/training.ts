/** A first scenario about training: how many workers pay off? */
export const TRAINING = `title: How many V100 workers pay off?
description: >-
  ResNet-50 with batches of 32 samples per worker, by parameter servers and by all-reduce over 25 Gigabit Ethernet.

# Equal seeds give equal results, byte for byte.
seed: 1

# \${name} in any text below stands for these; \`--set variables.accelerator=a100-sxm-40gb\` changes them for one run.
variables:
  accelerator: v100 # \`stepcast devices\` lists what there is
  bandwidth: 25 Gb/s

# What it runs on.
cluster:
  workers:
    cpu: xeon-e5-2699v3
    accelerator: "\${accelerator}"
  parameter_servers: # hold the parameters; workers fetch them and send gradients back
    count: 2
    cpu: xeon-e5-2699v3
  network: { bandwidth: "\${bandwidth}", latency: 10 us } # from each host to the switch that joins all

# How real machines depart from the cost model. Without this part, all steps take the same time.
noise:
  stragglers: { probability: 0.02, slowdown: 3 } # in one step of 50, a worker takes three times as long

experiments:
  - kind: training
    name: resnet-50
    model: { name: resnet-50, batch: 32 } # \`stepcast models\` lists what there is
    workers: [1, 2, 4, 8]
    steps: 10 # synchronous updates that are timed
    strategies: # \`stepcast strategies\` lists all, with their options
      - kind: sync # every update waits for all workers
      - { kind: backup, backups: 1 } # … for all but the slowest
      - kind: async # … for nobody
      - kind: all-reduce # no servers: workers exchange gradients among themselves
`;
