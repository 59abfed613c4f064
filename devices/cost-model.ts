import type { Work } from '../base/work.ts';
import type { DeviceModel } from './device.ts';

/** Seconds that one run of `work` occupies `device`'s compute stream; Infinity where it has no such kernels. */
export type CostModel = (work: Work, device: DeviceModel) => number;
