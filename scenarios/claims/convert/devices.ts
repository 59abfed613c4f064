import { deviceIds, findDevice } from '../../../devices/catalog/index.ts';

/*
 * Devices as people call them. Rows are tried in order, so what is special comes first; a device that the catalog does not have is none.
 * Clock and power variants of one chip (`A100-SXM4-80GB (400W)`) are that chip.
 */

type Row = readonly [pattern: RegExp, id: string];

const GPUS: readonly Row[] = [
  [/\bgb300\b/i, 'gb300'],
  [/\bgb200\b/i, 'gb200'],
  [/\bb300\b/i, 'b300'],
  [/\bb200\b/i, 'b200'],
  [/\bgh200\b/i, 'gh200'],
  [/\bh200\b/i, 'h200'],
  [/\bh100\b.*\bnvl\b/i, 'h100-nvl'],
  [/\bh100\b.*pcie/i, 'h100-pcie'],
  [/\bh100\b/i, 'h100'],
  [/\bh800\b/i, 'h800'],
  [/\bl40s\b/i, 'l40s'],
  [/\bl40\b/i, 'l40'],
  [/\bl4\b/i, 'l4'],
  [/\brtx ?4090\b/i, 'rtx-4090'],
  [/\brtx ?a5000\b/i, 'rtx-a5000'],
  [/\ba100\b.*pcie.*\b80 ?g/i, 'a100-80gb-pcie'],
  [/\ba100\b.*pcie/i, 'a100-pcie'],
  [/\ba100\b.*\b40 ?g/i, 'a100'],
  [/\ba100\b.*\b80 ?g/i, 'a100-80gb'],
  // Where the size is not said, the one of that time's publications.
  [/\ba100\b/i, 'a100-80gb'],
  [/\bampere gpu\b/i, 'a100-80gb'],
  [/\ba40\b/i, 'a40'],
  [/\ba30\b/i, 'a30'],
  [/\ba10g\b/i, 'a10g'],
  [/\ba10\b/i, 'a10'],
  [/\bt4\b/i, 't4'],
  [/\bv100\b.*sxm3.*32 ?gb[- ]?h\b/i, 'v100-sxm3-450w'],
  [/\bv100\b.*sxm3.*450 ?w/i, 'v100-sxm3-450w'],
  [/\bv100\b.*sxm3/i, 'v100-sxm3'],
  [/\bv100\b.*pcie/i, 'v100-pcie'],
  [/\bv100\b.*\b32 ?g/i, 'v100-32gb'],
  [/\bv100\b/i, 'v100'],
  [/\bp100\b.*pcie/i, 'p100-pcie'],
  [/\bp100\b/i, 'p100'],
  [/\b(gtx )?1080 ?ti\b/i, 'gtx-1080-ti'],
  [/\b(gtx )?1080\b/i, 'gtx-1080'],
  [/\btitan ?xp\b/i, 'titan-xp'],
  [/\btitan x\b.*pascal/i, 'titan-x-pascal'],
  [/\btitan ?x\b/i, 'titan-x-maxwell'],
  [/\bm40\b/i, 'm40'],
  [/\bk80\b.*(no boost|base clock)/i, 'k80-base'],
  [/\bk80\b/i, 'k80'],
  [/\bk40\w?\b/i, 'k40'],
  [/\bk20x\b/i, 'k20x'],
  [/\bk20\b/i, 'k20'],
  [/\bmi355x\b/i, 'mi355x'],
  [/\bmi325x\b/i, 'mi325x'],
  [/\bmi300x\b/i, 'mi300x'],
  [/\bmi250x?\b/i, 'mi250x'],
  [/\bmi100\b/i, 'mi100'],
  [/\bmi25\b/i, 'mi25'],
];

const TPUS: readonly Row[] = [
  [/\btpu[- ]?v?7|ironwood/i, 'tpu-v7'],
  [/\btpu[- ]?v6e?|trillium/i, 'tpu-v6e'],
  [/\btpu[- ]?v5p/i, 'tpu-v5p'],
  [/\btpu[- ]?v5e|\btpu[- ]?v5 ?lite/i, 'tpu-v5e'],
  [/\btpu[- ]?v4/i, 'tpu-v4'],
  [/\btpu[- ]?v3/i, 'tpu-v3'],
  [/\btpu[- ]?v2/i, 'tpu-v2'],
  [/\btpu[- ]?v1/i, 'tpu-v1'],
];

const OTHERS: readonly Row[] = [
  [/\bgaudi[- ]?3\b/i, 'gaudi3'],
  [/\bgaudi[- ]?2\b/i, 'gaudi2'],
  [/\bgaudi\b/i, 'gaudi'],
];

const CPUS: readonly Row[] = [
  [/xeon phi 7250|\bknl\b/i, 'xeon-phi-7250'],
  [/\be5-?2630 ?v3\b/i, 'xeon-e5-2630v3'],
  [/\bi7-?5930k\b/i, 'i7-5930k'],
  [/\be5-?2650 ?v2\b/i, 'xeon-e5-2650v2'],
  [/\be5-?2650 ?v4\b/i, 'xeon-e5-2650v4'],
  [/\be5-?2680 ?v4\b/i, 'xeon-e5-2680v4'],
  [/\be5-?2686 ?v4\b/i, 'xeon-e5-2686v4'],
  [/\be5-?2690 ?v4\b/i, 'xeon-e5-2690v4'],
  [/\be5-?2698 ?v4\b/i, 'xeon-e5-2698v4'],
  [/\be5-?2699 ?v3\b|^haswell\b/i, 'xeon-e5-2699v3'],
  [/\b8124m\b/i, 'xeon-8124m'],
  [/\b8168\b/, 'xeon-8168'],
  [/\b8174\b/, 'xeon-8174'],
  [/\b8180\b/, 'xeon-8180'],
  [/\b8280\b/, 'xeon-8280'],
  [/\b8380h\b/i, 'xeon-8380h'],
  [/\b8380\b/, 'xeon-8380'],
  [/\b8358\b/, 'xeon-8358'],
  [/\b6338\b/, 'xeon-6338'],
  [/\b6248r\b/i, 'xeon-6248r'],
  [/\b8468\b/, 'xeon-8468'],
  [/\b8570\b/, 'xeon-8570'],
  [/\b8480(\+|c)/i, 'xeon-8480'],
  [/\b7742\b/, 'epyc-7742'],
  [/\b7713\b/, 'epyc-7713'],
  [/\b7543\b/, 'epyc-7543'],
  [/\b9554\b/, 'epyc-9554'],
  [/\b9354\b/, 'epyc-9354'],
  [/\b7763\b/, 'epyc-7763'],
  [/\b9654\b/, 'epyc-9654'],
];

/**
 * Families of host CPUs, for hosts whose very CPU the catalog does not have: it issues ops and holds what is shared, and the next of its
 * family does nearly as well.
 */
const CPU_FAMILIES: readonly Row[] = [
  [/neoverse|grace/i, 'grace'],
  [/epyc 9\d{3}|epyc.*genoa/i, 'epyc-9654'],
  [/epyc 7\w?\d3|epyc 7v13|epyc 7773x|milan/i, 'epyc-7763'],
  [/epyc|rome/i, 'epyc-7742'],
  [/(platinum|gold) ?8?\d{0,3}8[45]\d{2}|sapphire|\b8[45]\d\d\b|\b6[45]\d\d\w?\b/i, 'xeon-8480'],
  [/\b(8[3]\d\d|6[3]\d\d)\w?\b|ice lake/i, 'xeon-8380'],
  [/\b(8[2]\d\d|6[2]\d\d)\w?\b|cascade/i, 'xeon-8280'],
  [/platinum|gold|skylake/i, 'xeon-8180'],
  [/\bv4\b|broadwell/i, 'xeon-e5-2650v4'],
  [/\bv3\b|haswell/i, 'xeon-e5-2699v3'],
  [/\bv2\b|ivy ?bridge|xeon e5/i, 'xeon-e5-2650v2'],
];

function firstOf(rows: readonly Row[], words: string): string | undefined {
  const id = rows.find(([pattern]) => pattern.test(words))?.[1];
  return id !== undefined && deviceIds.includes(id) ? id : undefined;
}

/** Longer names are no names. */
const LONGEST = 300;

/** Id of the device that words name; undefined where they name none, or one that the catalog does not have. */
export function deviceNamed(words: string): string | undefined {
  // Figures would hide a name's end from the patterns: "A100-SXM4-80GB" is "A100 SXM4 80GB".
  const plain = words
    .slice(0, LONGEST)
    .replaceAll(/[-_,()[\]]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const spelt = words.slice(0, LONGEST).trim().toLowerCase();
  if (deviceIds.includes(spelt)) return spelt;
  return (
    firstOf(TPUS, plain.replaceAll(/\btpu /gi, 'tpu-')) ??
    firstOf(GPUS, plain) ??
    firstOf(OTHERS, plain) ??
    firstOf(CPUS, words.slice(0, LONGEST))
  );
}

/** Id of a host's CPU, or of the nearest of its family. */
export function hostCpuNamed(words: string): string | undefined {
  const text = words.slice(0, LONGEST);
  return firstOf(CPUS, text) ?? firstOf(CPU_FAMILIES, text);
}

/** Hosts' CPUs of the time of their accelerators, for sources that say nothing of them. */
const USUAL_CPUS: readonly (readonly [lastYear: number, id: string])[] = [
  [2014, 'xeon-e5-2650v2'],
  [2016, 'xeon-e5-2650v4'],
  [2018, 'xeon-8180'],
  [2021, 'epyc-7742'],
  [Number.POSITIVE_INFINITY, 'xeon-8480'],
];

/** A host's CPU where a source says nothing of it: one of the time of its accelerator. */
export function usualCpu(accelerator: string): string {
  const { year } = findDevice(accelerator);
  return USUAL_CPUS.find(([last]) => year <= last)![1];
}

/** Whether a device is a form that is soldered to NVLink: SXM modules, of which sources rarely say that they have it. */
export function hasNvlink(device: string, words: string): boolean {
  return (
    /sxm|dgx|hgx/i.test(words) ||
    (/^(p100|v100|a100|h100|h200|b200|gb200)/.test(device) && !/pcie|nvl\b/i.test(`${device} ${words}`))
  );
}
