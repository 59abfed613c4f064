import { expect, test } from 'vitest';
import { colorsFor } from '../../cli/colors.ts';

const ESCAPE = String.fromCharCode(27);

test.each([
  ['a terminal', { isTTY: true }, {}, true],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ['a pipe', {}, {}, false],
  ['a pipe in continuous integration', {}, { CI: 'true' }, false],
  ['a terminal where NO_COLOR is set', { isTTY: true }, { NO_COLOR: '1' }, false],
  ['a pipe where FORCE_COLOR is set', {}, { FORCE_COLOR: '1' }, true],
  ['a pipe where FORCE_COLOR is off', {}, { FORCE_COLOR: '0' }, false],
])('colours on %s', (_, output, environment, coloured) => {
  expect(colorsFor(output, environment).bold('x').includes(ESCAPE)).toBe(coloured);
});
