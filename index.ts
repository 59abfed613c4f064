/*
 * The library: author a graph, place it, simulate it, run its numbers, or do a whole scenario at once.
 */

export { UserError } from './base/errors.ts';
export { type RandomStream, stream } from './base/random.ts';
export type { Work } from './base/work.ts';
export { deviceIds, findDevice, findLink, linkIds } from './devices/catalog/index.ts';
export type { Cluster, ClusterDevice, ClusterLink } from './devices/cluster.ts';
export { buildCluster, customCluster } from './devices/cluster-builder.ts';
export { type CostModel, rooflineSeconds } from './devices/cost-model.ts';
export type { DeviceModel, LinkModel, Quantity } from './devices/device.ts';
export { PlanExecutor } from './executor/plan-executor.ts';
export { Session } from './executor/session.ts';
export { float32, int64Scalar, type Tensor, zeros } from './executor/tensor.ts';
export { gradients } from './graph/autodiff.ts';
export { GraphBuilder, type NodeHandle, type Value } from './graph/builder.ts';
export { graphWork, totalFlops } from './graph/cost.ts';
export { type Graph, parameterCount } from './graph/graph.ts';
export type { Op } from './graph/op.ts';
export { OPS, type OpName } from './graph/ops/index.ts';
export { type PartitionedGraph, partition } from './graph/partition.ts';
export { type Loop, type Plan, singleLoopPlan } from './graph/plan.ts';
export { prune, withoutDeadNodes } from './graph/prune.ts';
export type { TensorSpec } from './graph/tensor-spec.ts';
export { graphText, partitionedText } from './graph/text.ts';
export { MODELS } from './graph/zoo/index.ts';
export type { Model } from './graph/zoo/model.ts';
export { PLACERS } from './placement/index.ts';
export type { Placement, Placer, PlacerContext, PlacerResult } from './placement/placer.ts';
export { placementsCsv, stepsCsv } from './reports/csv.ts';
export { renderReport } from './reports/html.ts';
export { chromeTrace } from './reports/trace.ts';
export { loadScenario, parseScenario } from './scenarios/load.ts';
export type { Results } from './scenarios/results.ts';
export { runScenario } from './scenarios/run.ts';
export type { Scenario } from './scenarios/schema.ts';
export { type CompiledPlan, compilePlan } from './sim/compile.ts';
export { DeadlockError } from './sim/deadlock.ts';
export { NO_NOISE, type NoiseModel, slowdowns } from './sim/disturbances/slowdowns.ts';
export { simulate } from './sim/engine.ts';
export type { Simulation } from './sim/simulation.ts';
export { STRATEGIES } from './sim/strategies/index.ts';
export type { Strategy } from './sim/strategies/strategy.ts';
