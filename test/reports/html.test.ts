import { describe, expect, test } from 'vitest';
import { renderReport } from '../../reports/html.ts';
import { escapeHtml, scriptJson, scriptText } from '../../reports/markup.ts';
import { fixture } from './fixture.ts';
import { HOSTILE, hostileResults } from './hostile.ts';

const CLIENT = 'console.log("client")';
const page = renderReport(fixture(), CLIENT);

describe('the page', () => {
  test('is the same, byte for byte, for equal results', () => {
    expect(renderReport(structuredClone(fixture()), CLIENT)).toBe(page);
    // And for results read back from the page itself.
    expect(renderReport(embedded(page), CLIENT)).toBe(page);
  });

  test('starts with the answer', () => {
    const answer = page.indexOf('<p class="answer">Eight asynchronous workers');
    expect(answer).toBeGreaterThan(0);
    expect(answer).toBeLessThan(page.indexOf('class="strip"'));
  });

  test('refers to nothing outside itself', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(?:link|img|iframe|object|embed|base)\b/i);
    expect(page).not.toMatch(/\b(?:src|srcset|action|formaction)=/i);
    expect(page).not.toMatch(/@import|url\(/i);
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, href]) => href!.startsWith('#'))).toBe(true);
  });

  test('has unique ids, and every link within the page leads somewhere', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  test('holds the numbers without JavaScript', () => {
    const still = page.replace(/<script[\s\S]*?<\/script>/g, '');
    for (const shown of [
      '6.43×',
      '80.3 %',
      '18.1 ms',
      '228 ms',
      '288 GB/s',
      'worker 3 · GPU 0',
      '29.2\u00a0%',
    ])
      expect(still).toContain(shown);
  });

  test('full names of devices stand in titles', () => {
    expect(page).toContain('title="/job:worker/task:3/device:GPU:0"><bdi>worker 3 · GPU 0</bdi>');
  });

  test('stands with nothing to show', () => {
    const empty = renderReport(
      fixture({ answers: [], training: [], placement: [], assumptions: [], caveats: [], description: '' }),
      CLIENT,
    );
    expect(empty).toContain('Nothing was noted.');
  });
});

describe('hostile names', () => {
  const hostile = renderReport(hostileResults(), CLIENT);

  test('open no elements and no attributes', () => {
    // As many elements as the same results with harmless names of the same number have.
    const tags = new Set([...hostile.matchAll(/<\/?([a-zA-Z]+)/g)].map(([, tag]) => tag!.toLowerCase()));
    expect([...tags].filter((tag) => ['img', 'iframe', 'a'].includes(tag))).toEqual(['a']);
    expect(hostile.match(/<script/g)).toHaveLength(2);
    expect(hostile.match(/<\/script/g)).toHaveLength(2);
    expect(hostile).not.toContain('<!--');
    expect(hostile).not.toMatch(/<[^>"]*\sonmouseover=/);
  });

  test('survive in the embedded data', () => {
    expect(embedded(hostile).caveats).toEqual(HOSTILE.map((text) => text));
  });

  test('have no marks that reorder text outside the data', () => {
    const outside = hostile.replace(/<script[\s\S]*?<\/script>/g, '');
    for (const mark of ['\u202e', '\u2066', '\u200f', '\u0000', '\u0007', '\u001b'])
      expect(outside).not.toContain(mark);
  });
});

test('escaping', () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
  expect(scriptJson({ '</script>': '<!--' })).toBe('{"\\u003c/script>":"\\u003c!--"}');
  expect(scriptText('f("</script><!--")')).toBe('f("\\x3c/script>\\x3c!--")');
});

function embedded(html: string) {
  return JSON.parse(/<script type="application\/json" id="results">([\s\S]*?)<\/script>/.exec(html)![1]!);
}
