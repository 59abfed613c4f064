import type { Command } from 'commander';
import { define as calibrate } from './calibrate.ts';
import { define as check } from './check.ts';
import { define as completion } from './completion.ts';
import { define as devices } from './devices.ts';
import { define as exec } from './exec.ts';
import { define as exportRuns } from './export.ts';
import { define as help } from './help.ts';
import { define as init } from './init.ts';
import { define as inspect } from './inspect.ts';
import { define as merge } from './merge.ts';
import { define as models } from './models.ts';
import { define as place } from './place.ts';
import { define as placers } from './placers.ts';
import { define as pretrain } from './pretrain.ts';
import { define as replay } from './replay.ts';
import { define as report } from './report.ts';
import { define as run } from './run.ts';
import { define as schema } from './schema.ts';
import { define as sql } from './sql.ts';
import { define as strategies } from './strategies.ts';
import { define as sweep } from './sweep.ts';
import { define as validate } from './validate.ts';
import { define as worker } from './worker.ts';

/** All commands, in the order of --help. Each adds itself to the program. */
export const COMMANDS: readonly ((program: Command) => void)[] = [
  init,
  check,
  run,
  sweep,
  worker,
  merge,
  exportRuns,
  sql,
  report,
  validate,
  calibrate,
  inspect,
  exec,
  replay,
  place,
  pretrain,
  devices,
  models,
  placers,
  strategies,
  schema,
  completion,
  help,
];
