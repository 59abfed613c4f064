/** A first scenario about placement: which op on which device? */
export const PLACEMENT = `title: Inception-v3 on one CPU and two K40s
description: >-
  One training step, spread over the devices of a single host. Moving tensors between devices costs time on the bus;
  a good placement computes in parallel more than it moves.

# Equal seeds give equal results, byte for byte.
seed: 1

# What it runs on. \`stepcast devices\` lists what there is; \`node: dgx-1\` instead is a whole machine.
cluster:
  workers:
    count: 1 # hosts
    cpu: xeon-e5-2699v3
    accelerator: k40
    accelerators: 2 # per host
    bus: pcie3-x16
  network: { link: eth-10g } # unused by a single host

experiments:
  - kind: placement
    name: inception-v3
    # Of the zoo (\`stepcast models\`), or a file of your own: { file: model.onnx, dims: { batch: 8 } }
    model: { name: inception-v3, batch: 32 }
    placers: # \`stepcast placers\` lists all
      - single-device # everything on the fastest one: what the others have to beat
      - expert # as people divide such a network by hand
      - greedy # each op where it would finish soonest
      - heft # the longest way to the end first
`;
