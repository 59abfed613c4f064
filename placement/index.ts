import { annealing } from './annealing.ts';
import { contiguous } from './contiguous.ts';
import { cpop } from './cpop.ts';
import { crossEntropy } from './cross-entropy.ts';
import { etf } from './etf.ts';
import { expert } from './expert.ts';
import { genetic } from './genetic.ts';
import { greedy } from './greedy.ts';
import { heft, heftContended } from './heft.ts';
import { heftMultilevel } from './heft-multilevel.ts';
import { hierarchical } from './hierarchical.ts';
import { learnedList } from './learned-list.ts';
import { learnedListZeroShot } from './learned-list-zero-shot.ts';
import { mEtf } from './m-etf.ts';
import { mSct } from './m-sct.ts';
import { mTopo } from './m-topo.ts';
import { minCut } from './min-cut.ts';
import { peft } from './peft.ts';
import type { Placer } from './placer.ts';
import { random } from './random.ts';
import { reinforce } from './reinforce.ts';
import { roundRobin } from './round-robin.ts';
import { seq2seq } from './seq2seq.ts';
import { singleDevice } from './single-device.ts';
import { staticList } from './static-list.ts';

/** Every placer that there is, by name. Adding one is a file and a line here; the conformance suite then runs it. */
export const PLACERS = {
  'single-device': singleDevice(),
  'round-robin': roundRobin,
  random: random(),
  expert,
  'min-cut': minCut,
  contiguous,
  greedy,
  'static-list': staticList,
  heft,
  'heft-contended': heftContended,
  'heft-multilevel': heftMultilevel,
  cpop,
  peft,
  etf,
  'm-topo': mTopo,
  'm-etf': mEtf,
  'm-sct': mSct(),
  annealing: annealing(),
  'cross-entropy': crossEntropy(),
  genetic: genetic(),
  'learned-list-zero-shot': learnedListZeroShot(),
  'learned-list': learnedList(),
  reinforce: reinforce(),
  seq2seq: seq2seq(),
  hierarchical: hierarchical(),
} as const satisfies { readonly [name: string]: Placer };
