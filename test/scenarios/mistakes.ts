import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import { type RandomStream, stream } from '../../base/random.ts';

/* Scenario files with one seeded mistake each, made of good ones: what is wrong, and what has to be said of it. */

export interface Mistake {
  readonly kind: string;
  /** By name; the first is the scenario. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Where the message has to lead, if that is one line. */
  readonly line?: number;
  /** What it has to say. */
  readonly says?: RegExp;
}

/** A good scenario: its name and its text. */
export type Good = readonly [name: string, text: string];

type Maker = (good: Good, random: RandomStream) => Mistake | undefined;

/** So many mistakes, equal for equal seeds. */
export function mistakes(goods: readonly Good[], count: number, seed: number): Mistake[] {
  const makers = Object.values(MAKERS);
  const made: Mistake[] = [];
  for (let i = 0; made.length < count; i++) {
    const random = stream(seed, 'mistake', i);
    const mistake = makers[i % makers.length]!(pick(goods, random), random);
    if (mistake !== undefined) made.push(mistake);
  }
  return made;
}

const pick = <T>(list: readonly T[], random: RandomStream): T => list[random.below(list.length)]!;

/** A part of a text, and the keys that lead to it. */
interface Part {
  readonly path: readonly string[];
  readonly key: string;
  readonly keyRange: readonly [number, number];
  readonly value: Node | null;
  readonly range: readonly [number, number];
}

/** All pairs of maps of a scenario but those whose keys are the user's own. */
function parts(text: string): Part[] {
  const found: Part[] = [];
  visit(parseDocument(text), {
    Pair: (_, pair: Pair, ancestors) => {
      const path = ancestors.flatMap((node) =>
        'key' in node && isScalar(node.key) ? [String(node.key.value)] : [],
      );
      const key = pair.key as Node;
      if (['variables', 'parameters'].includes(path.at(-1)!)) return undefined;
      const value = pair.value as Node | null;
      found.push({
        path,
        key: String(isScalar(key) ? key.value : key),
        keyRange: [key.range![0], key.range![1]],
        value,
        range: value === null ? [key.range![1], key.range![1]] : [value.range![0], value.range![1]],
      });
      return undefined;
    },
  });
  return found;
}

function lineOf(text: string, offset: number): number {
  const lines = new LineCounter();
  parseDocument(text, { lineCounter: lines });
  return lines.linePos(offset).line;
}

const replaced = (text: string, [from, to]: readonly [number, number], by: string): string =>
  text.slice(0, from) + by + text.slice(to);

/** The good scenario with what is at a range replaced. */
function mended(
  kind: string,
  [name, text]: Good,
  range: readonly [number, number],
  by: string,
  says?: RegExp,
  others: Mistake['files'] = {},
): Mistake {
  const files = { [name]: replaced(text, range, by), ...others };
  return { kind, files, line: lineOf(text, range[0]), ...(says !== undefined && { says }) };
}

const scalarOf = ({ value }: Part): unknown => (isScalar(value) ? value.value : undefined);
const isNumber = (part: Part): boolean => typeof scalarOf(part) === 'number';
/** Words of people, in which anything may stand. */
const isFree = ({ key }: Part): boolean => ['title', 'description', 'extends'].includes(key);

/** A word with one letter left out, twice, or changed. */
function misspelt(word: string, random: RandomStream): string {
  const at = 1 + random.below(word.length - 1);
  return pick(
    [
      word.slice(0, at) + word.slice(at + 1),
      word.slice(0, at) + word[at] + word.slice(at),
      `${word.slice(0, at)}x${word.slice(at + 1)}`,
    ],
    random,
  );
}

const said = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

/** Puts a line before the first key of the file. */
function withLine(kind: string, [name, text]: Good, line: string, says?: RegExp): Mistake {
  return mended(
    kind,
    [name, text],
    [parts(text)[0]!.keyRange[0], parts(text)[0]!.keyRange[0]],
    `${line}\n`,
    says,
  );
}

const whole = (
  kind: string,
  name: string,
  content: string | Uint8Array,
  says?: RegExp,
  line = 1,
): Mistake => ({
  kind,
  files: { [name]: content },
  line,
  ...(says !== undefined && { says }),
});

const chosen = (good: Good, random: RandomStream, is: (part: Part) => boolean): Part | undefined => {
  const list = parts(good[1]).filter(is);
  return list.length === 0 ? undefined : pick(list, random);
};

/** The text of one that has experiments about placement, in which files may be named. */
const placing = (text: string): string =>
  `title: Placing
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  network: { link: eth-10g }
experiments:
  - kind: placement
    name: where
    model: { name: mnist-mlp, batch: 8 }
    placers: [greedy]
${text}`;

const SWEEPS: readonly (readonly [text: string, says: RegExp])[] = [
  ['{kind: gird, parameters: {seed: [1]}}', /unknown kind of sweep "gird"; did you mean "grid"\?/],
  ['{kind: grid, paramters: {seed: [1]}}', /did you mean "parameters"\?/],
  ['{kind: grid, parameters: {seed: []}}', /at least 1 entry/],
  ['{kind: grid, parameters: {seed: 4}}', /expected a list, got 4/],
  ['{kind: grid, parameters: {clutser.network.link: [eth-1g]}}', /did you mean "cluster"\?/],
  ['{kind: grid, parameters: {cluster.network.lnk: [eth-1g]}}', /did you mean "link"\?/],
  ['{kind: grid, parameters: {cluster.network.link: [eth-1g, eth-11g]}}', /unknown link "eth-11g"/],
  ['{kind: grid, parameters: {a..b: [1]}}', /the path has an empty part/],
  ['{kind: grid, parameters: {experiments.nosuch.seeds: [1]}}', /has no entry "nosuch"; it has where/],
  ['{kind: grid, parameters: {seed: [1, 1]}}', /in the list twice/],
  ['{kind: grid, parameters: {seed: {from: 1, to: 9, points: 0}}}', /at least 1, got 0/],
  ['{kind: grid, parameters: {seed: {from: 9, to: 1, points: 3}}}', /expected more than 9/],
  ['{kind: grid, seeds: -1}', /expected at least 1, got -1/],
  ['{kind: list, points: []}', /at least 1 entry/],
  ['{kind: list, points: [{seed: 1}, {sede: 2}]}', /does not set seed/],
  ['{kind: random, parameters: {seed: [1, 2]}}', /samples: missing/],
  ['{kind: random, samples: 0, parameters: {seed: [1]}}', /at least 1, got 0/],
  ['{kind: random, samples: 2000000, parameters: {seed: [1]}}', /at most 1000000/],
  ['{kind: random, samples: 3, parameters: {}}', /at least 1 path/],
  ['{kind: random, samples: 3, parameters: {seed: {from: 0, to: 5, scale: log}}}', /more than 0/],
  ['{kind: random, samples: 3, parameters: {seed: {from: 1.5, to: 5, integer: true}}}', /whole numbers/],
  [
    '{kind: latin-hypercube, samples: 3, parameters: {seed: {from: "1 Gb/s", to: "5 us"}}}',
    /quantities of one kind/,
  ],
  ['{kind: latin-hypercube, samples: 3, parameters: {seed: {from: 1 Gb/s, to: 2 Gb/s}}}', /whole number/],
  [
    '{kind: latin-hypercube, samples: 3, seed: x, parameters: {seed: [1]}}',
    /expected a whole number, got "x"/,
  ],
  ['[grid]', /sweep/],
  ['grid', /sweep/],
];

const MAKERS: Readonly<Record<string, Maker>> = {
  'a misspelt key': (good, random) => {
    const part = chosen(
      good,
      random,
      ({ key, path }) => key.length >= 4 && key !== 'kind' && path[0] !== 'sweep',
    );
    if (part === undefined) return undefined;
    const word = misspelt(part.key, random);
    if (parts(good[1]).some(({ key }) => key === word)) return undefined;
    return mended('a misspelt key', good, part.keyRange, word, said(`did you mean "${part.key}"?`));
  },
  'a misspelt kind': (good, random) => {
    const part = chosen(good, random, ({ key }) => key === 'kind');
    if (part === undefined) return undefined;
    return mended('a misspelt kind', good, part.range, misspelt(String(scalarOf(part)), random), /unknown /);
  },
  'a misspelt name': (good, random) => {
    const names = ['accelerator', 'cpu', 'link', 'node', 'device', 'dataset', 'bus'];
    const part = chosen(
      good,
      random,
      (candidate) => names.includes(candidate.key) && !String(scalarOf(candidate)).startsWith('/'),
    );
    if (part === undefined || typeof scalarOf(part) !== 'string') return undefined;
    const word = `${String(scalarOf(part))}x`;
    return mended(
      'a misspelt name',
      good,
      part.range,
      word,
      said(`unknown ${part.key === 'bus' ? 'link' : part.key === 'cpu' ? 'CPU' : part.key} "${word}"; `),
    );
  },
  'text for a number': (good, random) => {
    const part = chosen(good, random, isNumber);
    return part && mended('text for a number', good, part.range, 'many', /got "many"/);
  },
  'a number for a map': (good, random) => {
    const part = chosen(good, random, ({ value, key }) => isMap(value) && key !== 'parameters');
    if (part === undefined || part.value?.range === undefined) return undefined;
    const flow = (part.value as { flow?: boolean }).flow === true;
    return flow ? mended('a number for a map', good, part.range, '7', /expected .*, got 7/) : undefined;
  },
  'a list for a word': (good, random) => {
    const part = chosen(
      good,
      random,
      (candidate) =>
        /^[^$]*$/.test(String(scalarOf(candidate))) &&
        typeof scalarOf(candidate) === 'string' &&
        !isFree(candidate) &&
        candidate.path[0] !== 'sweep',
    );
    return part && mended('a list for a word', good, part.range, '[a, b]', /got (a list|.*twice)|unknown/);
  },
  'a wrong unit': ([name], random) => {
    const [value, says] = pick(
      [
        ['10 Gb/z', /expected a data rate/],
        ['10', /the unit is missing/],
        ['10 gb/s', /did you mean "G[Bb]\/s" or "G[Bb]\/s"\?/],
        ['-3 Gb/s', /must not be negative/],
        ['5 us', /expected a data rate/],
        ['1 b/s', /expected at least/],
        ['NaN Gb/s', /expected a data rate/],
      ] as const,
      random,
    );
    const text = placing('').replace('{ link: eth-10g }', `{ bandwidth: "${value}", latency: 1 us }`);
    return { kind: 'a wrong unit', files: { [name]: text }, line: 4, says };
  },
  'a number that is none': (good, random) => {
    const part = chosen(good, random, (candidate) => isNumber(candidate) && candidate.key !== 'seed');
    return (
      part &&
      mended(
        'a number that is none',
        good,
        part.range,
        pick(['.nan', '.inf', '-.inf', '-7', '1e400'], random),
      )
    );
  },
  'a missing key': (good, random) => {
    const part = chosen(
      good,
      random,
      ({ path, key }) => path.length === 0 && ['title', 'experiments', 'cluster'].includes(key),
    );
    if (part === undefined || good[1].includes('\nextends:')) return undefined;
    const text = `${good[1].slice(0, part.keyRange[0])}zzzzzzzzzzzz${good[1].slice(part.keyRange[1])}`;
    return { kind: 'a missing key', files: { [good[0]]: text }, says: said(`${part.key}: missing`) };
  },
  'a missing file': ([name], random) => {
    const [text, says, line] = pick(
      [
        [`extends: nosuch.yaml\n${placing('')}`, /extends: .*nosuch\.yaml: no such file/, 1],
        [`extends: [${name}x.yaml]\n${placing('')}`, /extends: .*no such file; did you mean/, 1],
        [
          placing('')
            .replace(/workers:.*\n.*/, '')
            .replace('cluster:', 'cluster: nosuch.yaml'),
          /no such file/,
          2,
        ],
        [
          placing('').replace('{ name: mnist-mlp, batch: 8 }', 'nosuch.yaml'),
          /nosuch\.yaml: no such file/,
          8,
        ],
        [placing('').replace('{ name: mnist-mlp, batch: 8 }', '{ file: nosuch.onnx }'), /no such file/, 8],
        [placing('').replace('[greedy]', '[{ kind: file, path: nosuch.json }]'), /no such file/, 9],
        [placing('').replace('k40 }', 'k40, profile: nosuch.json }'), /profile: nosuch\.json: /, 3],
        [placing('').replace('[greedy]', '[{ kind: learned-list, policy: nosuch.json }]'), /no such file/, 9],
      ] as const,
      random,
    );
    return { kind: 'a missing file', files: { [name]: text }, line, says };
  },
  'a wrong variable': ([name], random) => {
    const with_ = (variables: string, device: string): string =>
      `variables: ${variables}\n${placing('').replace('k40', `"${device}"`)}`;
    const [text, says, line] = pick(
      [
        [with_('{gpu: k40}', '${gqu}'), /unknown variable "gqu"; did you mean "gpu"\?/, 4],
        [with_('{gpu: k40}', '${gpu'), /without its "}"/, 4],
        [with_('{gpu: k41}', '${gpu}'), /unknown accelerator "k41".*\(\$\{gpu\} from .*:1:18\)/, 4],
        [with_('{gpu: "${gpu}"}', '${gpu}'), /made of itself: gpu → gpu/, 1],
        [with_('{a: "${b}", b: "x${a}", gpu: "${a}"}', '${gpu}'), /made of itself/, 1],
        [with_('{gpu: k40, link: eth-1g}', '${gpu}'), /nothing mentions \$\{link\}; remove it/, 1],
        [with_('{gpu: k40, gpus: 2}', '${gpu}'), /nothing mentions \$\{gpus\}; did you mean "gpu"\?/, 1],
        [with_('{gpu: [k40]}', 'x${gpu}'), /cannot stand within text/, 4],
        [with_('{1gpu: k40}', '${1gpu}'), /expected a name/, 1],
        [with_('[gpu]', '${gpu}'), /expected a map of keys, got a list/, 1],
        [placing('').replace('k40', '"${gpu}"'), /there are no `variables`/, 3],
      ] as const,
      random,
    );
    return { kind: 'a wrong variable', files: { [name]: text }, line, says };
  },
  'files that extend each other': ([name], random) => {
    const length = random.below(5);
    const next = (i: number): string => (i === length ? name : `base${i}.yaml`);
    const files: Record<string, string> = {
      [name]: `${'\n'.repeat(length)}extends: ${next(0)}\n${placing('')}`,
    };
    for (let i = 0; i < length; i++) files[`base${i}.yaml`] = `# base\nextends: [${next(i + 1)}]\n`;
    return {
      kind: 'files that extend each other',
      files,
      line: length === 0 ? 1 : 2,
      says: /extends itself: .* → /,
    };
  },
  'a mistake in a base': (good, random) => {
    if (good[1].includes('\nextends:')) return undefined;
    const part = chosen(good, random, (candidate) => isNumber(candidate) && candidate.key !== 'seed');
    if (part === undefined) return undefined;
    const base = replaced(good[1], part.range, 'many');
    const line = lineOf(good[1], part.range[0]);
    const says = said(`base.yaml:${line}:`);
    return {
      kind: 'a mistake in a base',
      files: { [good[0]]: 'extends: base.yaml\ntitle: Another\n', 'base.yaml': base },
      line,
      says,
    };
  },
  nothing: ([name], random) =>
    whole(
      'nothing',
      name,
      pick(['', '\n\n', '# only a comment\n', '---\n', '~', '\ufeff', ' \n \n', 'null'], random),
      /the file is empty/,
    ),
  'too much': ([name, text], random) =>
    whole(
      'too much',
      name,
      text + `# ${'x'.repeat(60)}\n`.repeat(20_000 + random.below(9)),
      /too large for a scenario/,
    ),
  'no text': ([name, text], random) => {
    const bytes = new TextEncoder().encode(text);
    const at = text.indexOf('\n', random.below(text.length / 2));
    const before = Array.from(text.slice(0, at)).length === at && Buffer.byteLength(text.slice(0, at)) === at;
    if (!before)
      return whole(
        'no text',
        name,
        Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00]),
        /not a text file/,
      );
    bytes[at - 1] = 0xff;
    return whole('no text', name, bytes, /not a text file/, text.slice(0, at).split('\n').length);
  },
  'a tab': ([name], random) => {
    const line = 3 + random.below(2);
    const text = placing('')
      .split('\n')
      .map((each, i) => (i === line - 1 ? `\t${each.trim()}` : each))
      .join('\n');
    return { kind: 'a tab', files: { [name]: text }, says: /not valid YAML/ };
  },
  'a key twice': (good, random) => {
    const part = chosen(good, random, ({ path }) => path.length === 0);
    if (part === undefined) return undefined;
    const files = { [good[0]]: `${good[1].trimEnd()}\n${part.key}: 1\n` };
    return {
      kind: 'a key twice',
      files,
      line: good[1].trimEnd().split('\n').length + 1,
      says: said(`duplicate key "${part.key}"`),
    };
  },
  'broken syntax': ([name], random) => {
    const broken = pick(
      ['experiments: [', 'a: "never closed', 'a: b: c', '}', '- a\n- b', '--- x', '%YAML nonsense', '? [a'],
      random,
    );
    return { kind: 'broken syntax', files: { [name]: `${placing('')}${broken}\n` } };
  },
  'too deep': ([name], random) => {
    const depth = pick([150, 1000, 20_000], random);
    const deep = pick(
      [
        `x: ${'['.repeat(depth)}${']'.repeat(depth)}`,
        `x: ${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`,
        `x:\n  ${'- '.repeat(depth)}1`,
        `x: ${'['.repeat(depth)}`,
      ],
      random,
    );
    return { kind: 'too deep', files: { [name]: `${placing('')}${deep}\n` } };
  },
  'a bomb of aliases': ([name], random) => {
    const wide = 9 + random.below(8);
    const rows = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? `  a0: &a0 [${'1,'.repeat(wide)}]` : `  a${i}: &a${i} [${`*a${i - 1},`.repeat(wide)}]`,
    );
    return { kind: 'a bomb of aliases', files: { [name]: `variables:\n${rows.join('\n')}\n${placing('')}` } };
  },
  'a bomb of variables': ([name], random) => {
    const wide = 9 + random.below(8);
    const text = random.below(2) === 0;
    const rows = Array.from({ length: 9 }, (_, i) => {
      const mention = i === 0 ? '1' : `\${a${i - 1}}`;
      return text ? `  a${i}: "${`${mention}.`.repeat(wide)}"` : `  a${i}: [${`"${mention}",`.repeat(wide)}]`;
    });
    return {
      kind: 'a bomb of variables',
      files: { [name]: `variables:\n${rows.join('\n')}\n${placing('').replace('k40', '"${a8}"')}` },
      says: /variables make/,
    };
  },
  'an unknown alias': (good, random) => {
    const part = chosen(good, random, isNumber);
    return part && mended('an unknown alias', good, part.range, '*nowhere', /unknown alias "\*nowhere"/);
  },
  'a mistake behind a byte order mark and CRLF': (good, random) => {
    const part = chosen(good, random, isNumber);
    if (part === undefined) return undefined;
    const { files, ...rest } = mended('BOM and CRLF', good, part.range, 'many', /got "many"/);
    const text = `\ufeff${String(files[good[0]]).replaceAll('\n', '\r\n')}`;
    return { ...rest, files: { ...files, [good[0]]: text } };
  },
  'a wrong sweep': ([name], random) => {
    const [sweep, says] = pick(SWEEPS, random);
    return { kind: 'a wrong sweep', files: { [name]: placing(`sweep: ${sweep}\n`) }, line: 10, says };
  },
  'a hostile key': (good, random) => {
    const key = pick(
      [
        '__proto__',
        'constructor',
        'toString',
        'x'.repeat(10_000),
        '"\\u202eevil"',
        '"a\\u001b[31mb"',
        '"<script>"',
      ],
      random,
    );
    return withLine('a hostile key', good, `${key}: {polluted: true}`, /unknown key|at most 1024 chars/);
  },
  'a hostile value': ([name], random) => {
    const value = pick(
      [
        '"\\u202e"',
        '"\\u001b[2J"',
        '"\\u0000"',
        `"${'y'.repeat(10_000)}"`,
        '"</script>"',
        '{__proto__: {a: 1}}',
      ],
      random,
    );
    return { kind: 'a hostile value', files: { [name]: placing('').replace('k40', value) }, line: 3 };
  },
};

/** Kinds that are made. */
export const MISTAKE_KINDS = Object.keys(MAKERS);
