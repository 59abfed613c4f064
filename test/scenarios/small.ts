/** A small scenario with one experiment of each kind. Tests of messages count its lines and columns. */
export const SMALL = `title: A small one
cluster:
  workers: {count: 1, cpu: xeon-e5-2699v3, accelerator: k40}
  parameter_servers: {count: 2, cpu: xeon-e5-2699v3}
  network:
    link: eth-10g
noise:
  stragglers: {probability: 0.05, slowdown: 4}
experiments:
  - kind: training
    name: cnn
    model: {name: mnist-cnn, batch: 16}
    workers: [1, 2]
    steps: 10
    strategies:
      - kind: sync
      - {kind: backup, backups: 1}
    numbers: {dataset: mnist}
  - kind: placement
    name: where
    model: {name: inception-v3, batch: 32}
    placers: [{kind: greedy}, {kind: reinforce}]
`;
