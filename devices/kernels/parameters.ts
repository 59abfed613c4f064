/**
 * What kernels of one type of arithmetic on one architecture are described by. Shares are of the device's own figures, so
 * that a device without measurements may take those of its nearest relative.
 */
export interface KernelParameters {
  /** Share of the peak that the inner loop of a large matrix product reaches. */
  readonly productShare: number;
  /** Share of the memory's bandwidth at which the operands of skinny products arrive. */
  readonly productMemoryShare: number;
  /** Bytes of operands that a multiprocessor can take in per flop of its peak: what makes small tiles slow. */
  readonly operandBytesPerFlop: number;
  /** Least time of a tile for each step along the summed dimension: the latency of loads that nothing hides. */
  readonly stepSeconds: number;
  /** Into how many parts libraries cut the summed dimension where tiles are few. */
  readonly maxSplits: number;
  /** Start and end of a product's kernel beside the launch: first loads, last stores. */
  readonly startSeconds: number;
  /** Steps along the summed dimension that the start and end of each tile cost: filling its pipeline, storing its results. */
  readonly tileSteps: number;
  /** Of the rate of streaming kernels, what a library's element-wise kernels, normalisations and poolings reach. */
  readonly elementwiseShare: number;
  /** Of the rate of large products, what fused attention reaches: its softmax runs on other units in between. */
  readonly attentionShare: number;
  /** Start and end of a convolution's kernel beside the launch. */
  readonly convolutionStartSeconds: number;
  /** Convolutions whose channels or filters are no multiple of this cannot run on matrix units. */
  readonly alignedChannels: number;
  /** The same of gradients of filters, whose tiles are added up in memory. */
  readonly filterTileSteps: number;
  /** Of the rate of products, what convolutions by implicit products reach: index arithmetic, gathers. */
  readonly forwardShare: number;
  /** The same of gradients of a convolution's images. */
  readonly inputGradientShare: number;
  /** Of that rate, what such gradients reach where strides scatter their results. */
  readonly stridedGradientShare: number;
  /** Of the rate of products, what gradients of a convolution's filters reach. */
  readonly filterGradientShare: number;
  /** Of the rate of products, what Winograd's algorithm reaches in one kernel, on tiles of 2 × 2; 0 where there is none. */
  readonly fusedWinogradShare: number;
  /** The same with kernels that transform tiles of 4 × 4 through memory; 0 where there are none. */
  readonly winogradShare: number;
  /** The same of gradients of filters; 0 where there are none. */
  readonly winogradFilterShare: number;
  /** Of the rate of products, what convolutions with larger filters reach by Fourier transforms; 0 where there are none. */
  readonly fourierShare: number;
}

export interface KernelParameter {
  readonly what: string;
  /** The dimension that values have in entries of the catalog. */
  readonly dimension: 'ratio' | 'seconds' | 'count';
  /** The value that limits nothing. */
  readonly neutral: number;
}

/** All parameters. What neither a fit nor the device's entry gives is neutral. */
export const KERNEL_PARAMETERS: { readonly [P in keyof KernelParameters]: KernelParameter } = {
  productShare: { what: 'share of the peak of large matrix products', dimension: 'ratio', neutral: 1 },
  productMemoryShare: {
    what: 'share of the bandwidth of skinny matrix products',
    dimension: 'ratio',
    neutral: 1,
  },
  operandBytesPerFlop: { what: 'bytes of operands per flop of the peak', dimension: 'ratio', neutral: 1 },
  stepSeconds: { what: 'latency of a step of a tile', dimension: 'seconds', neutral: 0 },
  maxSplits: { what: 'most parts of a summed dimension', dimension: 'count', neutral: 64 },
  startSeconds: { what: 'start and end of a product', dimension: 'seconds', neutral: 0 },
  elementwiseShare: { what: 'rate of element-wise kernels, of streams', dimension: 'ratio', neutral: 1 },
  // FlashAttention-2 reaches 50 to 73 % of an A100's peak (Dao 2023, abstract), whose products reach 87 %.
  attentionShare: { what: 'rate of fused attention, of products', dimension: 'ratio', neutral: 0.7 },
  forwardShare: { what: 'rate of convolutions, of products', dimension: 'ratio', neutral: 1 },
  inputGradientShare: { what: 'rate of image gradients, of products', dimension: 'ratio', neutral: 1 },
  filterGradientShare: { what: 'rate of filter gradients, of products', dimension: 'ratio', neutral: 1 },
  convolutionStartSeconds: { what: 'start and end of a convolution', dimension: 'seconds', neutral: 0 },
  alignedChannels: { what: 'channels that matrix units take at a time', dimension: 'count', neutral: 1 },
  stridedGradientShare: {
    what: 'rate of image gradients with strides, of those without',
    dimension: 'ratio',
    neutral: 1,
  },
  tileSteps: { what: 'start and end of a tile, in steps of its loop', dimension: 'count', neutral: 0 },
  filterTileSteps: {
    what: 'start and end of a tile of a filter gradient, in steps',
    dimension: 'count',
    neutral: 0,
  },
  fusedWinogradShare: {
    what: "rate of Winograd's algorithm in one kernel, of products",
    dimension: 'ratio',
    neutral: 0,
  },
  winogradShare: {
    what: "rate of Winograd's algorithm through memory, of products",
    dimension: 'ratio',
    neutral: 0,
  },
  fourierShare: { what: 'rate by Fourier transforms, of products', dimension: 'ratio', neutral: 0 },
  winogradFilterShare: {
    what: "rate of filter gradients by Winograd's algorithm, of products",
    dimension: 'ratio',
    neutral: 0,
  },
};

/** Kernels that only the device's own figures limit. */
export const NEUTRAL_KERNELS = Object.fromEntries(
  Object.entries(KERNEL_PARAMETERS).map(([name, { neutral }]) => [name, neutral]),
) as unknown as KernelParameters;
