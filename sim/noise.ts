export type { Slowdown } from './disturbances/disturbances.ts';
export * from './disturbances/slowdowns.ts';
