/*
 * The library: author or import a graph, place it, simulate it, run its numbers, or do a whole scenario at once. Times are in
 * seconds, sizes in bytes, rates in bytes per second. What users got wrong is thrown as UserError.
 */

export type { DType } from './base/dtype.ts';
export { UserError } from './base/errors.ts';
export { type RandomStream, stream } from './base/random.ts';
export type { Work } from './base/work.ts';
export { deviceIds, findDevice, findLink, linkIds } from './devices/catalog/index.ts';
export type { Cluster, ClusterDevice, ClusterLink } from './devices/cluster.ts';
export { buildCluster, customCluster } from './devices/cluster-builder.ts';
export type { CollectiveTask } from './devices/collectives/algorithm.ts';
export { algorithmsFor, collectiveSeconds, planCollective } from './devices/collectives/index.ts';
export type { CollectivePlan } from './devices/collectives/rounds.ts';
export { type CostModel, plainRooflineSeconds } from './devices/cost-model.ts';
export type { DeviceModel, LinkModel, Quantity } from './devices/device.ts';
export { kernelSeconds } from './devices/kernels/index.ts';
export { type Backend, plainBackend } from './executor/backend.ts';
export { restoreVariables, saveVariables } from './executor/checkpoint/checkpoint.ts';
export {
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsContent,
  writeSafetensors,
} from './executor/checkpoint/safetensors.ts';
export { ThreadedSession, type ThreadedSessionOptions } from './executor/device-threads/threaded-session.ts';
export { evaluateNode } from './executor/evaluate.ts';
export type { Kernel, KernelContext, Kernels } from './executor/kernel.ts';
export type { Memory } from './executor/memory.ts';
export { type ImportFor, ModelSession } from './executor/model-session.ts';
export { type OfferedGradient, PlanExecutor, type PlanExecutorOptions } from './executor/plan-executor.ts';
export { type PeriodicPart, runSteps, type StepsRequest } from './executor/run-steps.ts';
export { type RunRequest, Session, type SessionOptions, type SessionPlacement } from './executor/session.ts';
export { SharedState } from './executor/shared-state.ts';
export { EndOfQueue } from './executor/tensor-queue.ts';
export { type VariableSnapshot, VariableStore } from './executor/variables.ts';
export { type WasmExecutor, type WasmExecutorOptions, wasmExecutor } from './executor/wasm/executor.ts';
export { gradients } from './graph/autodiff.ts';
export { GraphBuilder, type NodeHandle, type Value } from './graph/builder.ts';
export { addCheckpoint, type CheckpointNodes } from './graph/checkpoint.ts';
export { einsum } from './graph/composed/einsum.ts';
export { graphWork, totalFlops } from './graph/cost.ts';
export { type FusedGraph, type FuseOptions, fuseElementwise } from './graph/fuse.ts';
export { type Graph, parameterCount } from './graph/graph.ts';
export type { ImportedModel, ImportOptions } from './graph/import/imported-model.ts';
export { importOnnx } from './graph/import/onnx/importer.ts';
export { readTensorFile } from './graph/import/onnx/tensor-proto.ts';
export { importTensorFlow, type TensorFlowImportOptions } from './graph/import/tensorflow/importer.ts';
export type { Evaluate } from './graph/import/tracer.ts';
export { type TrainableOptions, trainable } from './graph/import/trainable.ts';
export { type Attr, type Attrs, type Gradient, type GradientCall, type Op, ShapeError } from './graph/op.ts';
export { OPS, type OpName } from './graph/ops/index.ts';
export { adagrad } from './graph/optimizers/adagrad.ts';
export { adam } from './graph/optimizers/adam.ts';
export { gradientDescent } from './graph/optimizers/gradient-descent.ts';
export { minimize, type Training } from './graph/optimizers/minimize.ts';
export { momentum } from './graph/optimizers/momentum.ts';
export type { Optimizer } from './graph/optimizers/optimizer.ts';
export { type PartitionedGraph, partition } from './graph/partition.ts';
export { type CollectiveGroup, type Loop, type Plan, type StepClock, singleLoopPlan } from './graph/plan.ts';
export { prune, withoutDeadNodes } from './graph/prune.ts';
export {
  anyFloats,
  float32,
  int64Scalar,
  numbers,
  type Tensor,
  type TensorData,
  tensor,
  zeros,
} from './graph/tensor.ts';
export { formatSpec, type TensorSpec } from './graph/tensor-spec.ts';
export { graphText, partitionedText } from './graph/text.ts';
export { INFERENCE_MODELS, MODELS } from './graph/zoo/index.ts';
export type { InferenceModel, Model } from './graph/zoo/model.ts';
export { configured } from './graph/zoo/settings.ts';
export { type Bounds, lowerBounds } from './placement/bounds.ts';
export { exactSchedule } from './placement/exact.ts';
export { graphProblem, type PlacementCosts } from './placement/graph-problem.ts';
export { PLACERS } from './placement/index.ts';
export type { Placement, Placer, PlacerContext, PlacerResult } from './placement/placer.ts';
export type { PlacementProblem } from './placement/problem.ts';
export { type PlainMachine, type PlainTask, taskProblem } from './placement/task-problem.ts';
export { placementsCsv, stepsCsv } from './reports/csv.ts';
export { reportHtml } from './reports/report-html.ts';
export { chromeTrace } from './reports/trace.ts';
export { validationHtml } from './reports/validation-html.ts';
export { committedLedger } from './scenarios/claims/committed.ts';
export { type Ledger, loadLedger } from './scenarios/claims/load.ts';
export { type RunValidationOptions, runValidation } from './scenarios/claims/run-validation.ts';
export { type LoadOptions, loadScenario, parseScenario } from './scenarios/load.ts';
export { type ModelFileOptions, readModelFile } from './scenarios/model-file.ts';
export { type Prediction, predict } from './scenarios/prediction.ts';
export type {
  InferenceExperiment,
  InferenceRun,
  PlacementExperiment,
  PlacementRun,
  Results,
  TrainingExperiment,
  TrainingRun,
} from './scenarios/results.ts';
export { type ProgressEvent, type RunOptions, runScenario } from './scenarios/run.ts';
export { type Scenario, scenarioJsonSchema } from './scenarios/schema.ts';
export type { SweepFigures, SweepRow } from './scenarios/sweep/job.ts';
export { loadSweep, parseSweep, type SweepOptions } from './scenarios/sweep/load-sweep.ts';
export type { SweepPlan, SweepPoint } from './scenarios/sweep/plan.ts';
export { type RunSweepOptions, runSweep } from './scenarios/sweep/run-sweep.ts';
export type { Validation } from './scenarios/validation.ts';
export { type ActivityGraph, ActivityGraphBuilder } from './sim/activity-graph.ts';
export {
  dalyInterval,
  type FailureCosts,
  goodputOfInterval,
  youngInterval,
} from './sim/checkpoint-interval.ts';
export {
  type CollectiveChoice,
  type CollectiveWish,
  chooseAlgorithm,
  rankAlgorithms,
} from './sim/collectives/choose.ts';
export { type FoldedSetting, foldCollective, foldedSeconds } from './sim/collectives/folded.ts';
export { type CollectiveSetting, writeCollective } from './sim/collectives/write-collective.ts';
export { type CompiledPlan, compilePlan } from './sim/compile.ts';
export { contractChains } from './sim/contract-chains.ts';
export { criticalPath, type PathPart, type PathStretch } from './sim/critical-path.ts';
export { DeadlockError } from './sim/deadlock.ts';
export type { Change, Disturbances } from './sim/disturbances/disturbances.ts';
export { type DisturbanceSettings, disturbancesOf } from './sim/disturbances/index.ts';
export { NO_NOISE, type NoiseModel, slowdowns } from './sim/disturbances/slowdowns.ts';
export { simulate } from './sim/engine.ts';
export { type LostTime, lostTime } from './sim/lost-time.ts';
export { makespan } from './sim/makespan.ts';
export { canTimePlacements, PlacementTimer } from './sim/placement-timer.ts';
export type { Program } from './sim/program.ts';
export type { CheckpointPolicy, Loss } from './sim/recovery.ts';
export { simulateActivities, singleRun } from './sim/simulate-activities.ts';
export type { Simulation, SimulationOptions } from './sim/simulation.ts';
export { STRATEGIES } from './sim/strategies/index.ts';
export { planBy, type RunOfStrategy, strategyInput } from './sim/strategies/input.ts';
export type { Strategy, StrategyInput } from './sim/strategies/strategy.ts';
export { readChakra } from './sim/traces/chakra/read.ts';
export { type ChakraSystem, chakraGraph } from './sim/traces/chakra/replay.ts';
export type { ChakraTrace } from './sim/traces/chakra/schema.ts';
export { chakraFiles } from './sim/traces/chakra/write.ts';
export { readKineto } from './sim/traces/kineto/read.ts';
export { type KinetoReplay, kinetoGraph } from './sim/traces/kineto/replay.ts';
export type { KinetoTrace } from './sim/traces/kineto/trace.ts';
export { type PipelineJob, type PipelineStep, readPipelineJob } from './sim/traces/pipeline-job.ts';
export { pipelineDependencies } from './sim/traces/pipeline-job-dependencies.ts';
export {
  idealSeconds,
  replayGraph,
  type StepWork,
  stepWork,
  withoutStragglers,
} from './sim/traces/pipeline-job-replay.ts';
export { relativeDurations, spreadComponents } from './sim/traces/pipeline-job-spread.ts';
export { type ResourceClass, resourceClasses, type WhatIf, whatIf } from './sim/what-if.ts';
