/** Seconds of a training step as a paper has them, or as they were simulated. No fit: Infinity. Not given: absent. */
export interface PaperSeconds {
  readonly cpu?: number;
  readonly gpu?: number;
  readonly minCut: number;
  /** What an expert placed by hand. */
  readonly expert: number;
  /** The learned placement. */
  readonly learned: number;
}

/** A row of a paper's table, and the placement experiment that is about it. */
export interface PaperRow extends PaperSeconds {
  readonly experiment: string;
  readonly title: string;
}

export interface Paper {
  readonly name: string;
  /** The file with its experiments. */
  readonly scenario: string;
  readonly rows: readonly PaperRow[];
}

const NO_FIT = Number.POSITIVE_INFINITY;

/** Which of an experiment's placers stand for the papers' learned placement: all that learn a policy. */
export const LEARNED_PLACERS: readonly string[] = ['learned-list', 'reinforce', 'seq2seq', 'hierarchical'];

/**
 * Step times of the papers on learned placement, recalled from memory (not read again): Mirhoseini et al., "Device Placement
 * Optimization with Reinforcement Learning", ICML 2017, table 2 (TensorFlow 0.12, Haswell, K80), and Mirhoseini, Goldie et
 * al., "A Hierarchical Model for Device Placement", ICLR 2018, table 1 (TensorFlow 1.3, Haswell, K40).
 */
export const PAPERS: readonly Paper[] = [
  {
    name: 'ICML 2017',
    scenario: 'scenarios/placement-icml17.yaml',
    rows: [
      row('rnnlm-2', 'RNNLM, 2 GPUs', [6.89, 1.57, 11.94, 3.81, 1.57]),
      row('rnnlm-4', 'RNNLM, 4 GPUs', [6.89, 1.57, 10.44, 4.46, 1.57]),
      row('nmt-2', 'NMT, 2 GPUs', [10.72, NO_FIT, 11.54, 4.99, 4.04]),
      row('nmt-4', 'NMT, 4 GPUs', [10.72, NO_FIT, 11.78, 4.73, 3.92]),
      row('inception-2', 'Inception-v3, 2 GPUs', [26.21, 4.6, 22.88, 11.22, 4.6]),
      row('inception-4', 'Inception-v3, 4 GPUs', [26.21, 4.6, 24.52, 10.65, 3.85]),
    ],
  },
  {
    name: 'ICLR 2018',
    scenario: 'scenarios/placement-iclr18.yaml',
    rows: [
      row('inception-v3', 'Inception-v3, batch 1, 2 GPUs', [0.61, 0.15, 0.82, 0.15, 0.13]),
      row('resnet-152', 'ResNet-152, 2 GPUs', [undefined, 1.18, 2.92, 1.18, 1.18]),
      row('rnnlm', 'RNNLM, 2 GPUs', [6.89, 1.57, 5.21, 1.57, 1.57]),
      row('nmt-2', 'NMT, 2 layers, 2 GPUs', [6.46, NO_FIT, 5.34, 2.13, 0.84]),
      row('nmt-4', 'NMT, 4 layers, 4 GPUs', [10.68, NO_FIT, 11.63, 3.64, 1.69]),
      row('nmt-8', 'NMT, 8 layers, 8 GPUs', [11.52, NO_FIT, 19.01, 3.88, 4.07]),
    ],
  },
];

function row(
  experiment: string,
  title: string,
  [cpu, gpu, minCut, expert, learned]: readonly [
    number | undefined,
    number,
    minCut: number,
    expert: number,
    learned: number,
  ],
): PaperRow {
  return { experiment, title, gpu, minCut, expert, learned, ...(cpu !== undefined && { cpu }) };
}
