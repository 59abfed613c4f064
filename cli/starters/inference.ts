/** A first scenario about inference: what serves most within a latency? */
export const INFERENCE = `title: ResNet-50 within 20 ms
description: How many inferences per second do a CPU and two GPUs serve, if 99 % of answers are wanted within 20 ms?

# Equal seeds give equal results, byte for byte.
seed: 1

# Needed by every scenario; inference names its servers below.
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: v100 }
  network: { link: eth-10g }

experiments:
  - kind: inference
    name: resnet-50
    # Of the zoo (\`stepcast models\`), or a file of your own: { file: model.onnx, batch_dim: N }
    model: { name: resnet-50 }
    batches: [1, 2, 4, 8, 16, 32]
    latency: 20 ms # leave it out for devices that are always busy
    servers: # \`stepcast devices\` lists what there is
      - { device: xeon-e5-2699v3 } # what the others are compared with
      - { device: v100 }
      - { device: v100, precision: float16 }
`;
