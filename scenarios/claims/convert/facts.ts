/* What a source says of a point, whatever it calls the key. */

/** Keys and values of a model, a workload, a strategy and a point, merged: what is nearest to the point wins. */
export type Facts = Readonly<Record<string, unknown>>;

/** Other names of what the fields of kinds are called, as sources write them. */
const ALIASES = {
  workers: ['workers', 'gpus', 'devices', 'num_gpus', 'n_gpus', 'chips', 'ranks', 'world_size'],
  servers: ['ps', 'servers', 'parameter_servers', 'num_ps'],
  model: ['model', 'net', 'app', 'models'],
  tensor: ['tp', 'tensor', 'tensor_parallel', 'tensor_parallelism', 'tensor_model_parallel_size'],
  pipeline: ['pp', 'pipeline', 'pipeline_parallel', 'pipeline_parallelism', 'pipeline_model_parallel_size'],
  data: ['dp', 'data', 'data_parallel', 'data_parallelism'],
  context: ['cp', 'context', 'context_parallel'],
  expert: ['ep', 'expert', 'expert_parallel'],
  experts: ['experts', 'num_experts', 'n_experts'],
  chunks: ['interleave', 'interleaving', 'chunks', 'vpp', 'virtual_pipeline', 'virtual_stages'],
  micro_batch: ['mbs', 'micro_batch', 'microbatch', 'micro_batch_size', 'microbatch_size'],
  micro_batches: ['micro_batches', 'num_microbatches', 'microbatches'],
  global_batch: ['gbs', 'global_batch', 'global_batch_size', 'batch_global', 'total_batch'],
  accumulation: ['grad_accum', 'gradient_accumulation', 'accumulation', 'accum_steps'],
  device_batch: [
    'batch_per_gpu',
    'batch_per_device',
    'batch_per_worker',
    'per_gpu_batch',
    'batch_per_chip',
    'local_batch',
    'minibatch',
    'batch',
    'batch_size',
  ],
  hidden: ['hidden', 'hidden_size', 'd_model', 'width', 'model_dim'],
  inner: ['ffn', 'ffn_hidden', 'ffn_hidden_size', 'intermediate', 'intermediate_size', 'd_ff', 'inner'],
  heads: ['heads', 'attention_heads', 'n_heads', 'num_heads', 'num_attention_heads'],
  kv_heads: ['kv_heads', 'num_kv_heads', 'n_kv_heads', 'query_groups', 'num_query_groups'],
  layers: ['layers', 'n_layers', 'num_layers', 'depth'],
  sequence: ['seq', 'sequence', 'seq_len', 'seq_length', 'sequence_length', 'context_length', 'max_seq'],
  vocabulary: ['vocab', 'vocabulary', 'vocab_size'],
  bytes: ['bytes', 'size_bytes', 'message_bytes'],
  precision: ['precision', 'dtype', 'numerics', 'arithmetic'],
  recompute: [
    'recompute',
    'activation_checkpoint',
    'activation_checkpointing',
    'activation_recomputation',
    'act_ckpt',
    'recomputation',
    'mode',
  ],
  sharding: ['sharding', 'scheme', 'zero', 'fsdp'],
  data_set: ['dataset', 'data_set', 'input'],
  optimizer: ['optimizer', 'optimiser'],
  library: ['library', 'framework', 'software', 'stack'],
  parameters: ['params', 'parameters'],
  parameters_billion: ['params_B', 'params_b', 'parameters_B'],
  backups: ['backup', 'backups', 'backup_workers'],
  operation: ['op', 'collective', 'operation'],
  forward_ms: ['forward_ms', 'fwd_ms'],
} as const;
export type Fact = keyof typeof ALIASES;

/** What is said of a fact, under whichever of its names; undefined where nothing is, or "n/a". */
export function fact(facts: Facts, name: Fact): unknown {
  for (const key of ALIASES[name]) {
    const value = Object.hasOwn(facts, key) ? facts[key] : undefined;
    if (value !== undefined && value !== null && !/^(n\/?a|not stated|unknown)\b/i.test(String(value)))
      return value;
  }
  return undefined;
}

/** The same in words; of lists, their entries joined. */
export function wordsOf(facts: Facts, name: Fact): string | undefined {
  const value = fact(facts, name);
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.map(String).join(', ') : String(value);
}

/** A number, or the one that text begins with: `51200 (recalled medium)`, `1,048,576`, `1.4e9`. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const found = /^\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(e[+-]?\d+)?(?=$|[^\w.,]|\s)/i.exec(value);
  return found === null ? undefined : Number(found[0].replaceAll(',', ''));
}

export function numberOf(facts: Facts, name: Fact): number | undefined {
  return asNumber(fact(facts, name));
}

/** A whole number of 1 or more; undefined where something else, or nothing, is said. */
export function countOf(facts: Facts, name: Fact): number | undefined {
  const value = numberOf(facts, name);
  return value !== undefined && Number.isInteger(value) && value >= 1 ? value : undefined;
}

/** Fields without those that are undefined. */
export function known(fields: Facts): Facts {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
