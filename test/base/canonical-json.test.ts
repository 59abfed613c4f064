import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, contentHash } from '../../base/canonical-json.ts';

describe('canonical JSON', () => {
  it('writes keys in order, without white space, and leaves out what is undefined', () => {
    const value = { b: [1, { d: null, c: 'é' }], a: undefined, A: 1e21, '10': true, '9': -0 };
    expect(canonicalJson(value)).toBe('{"10":true,"9":0,"A":1e+21,"b":[1,{"c":"é","d":null}]}');
  });

  it('is that of JSON, and the same whatever the order of keys', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, entry]) => [key, reversed(entry)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  it('refuses what JSON cannot say', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1]) {
      expect(() => canonicalJson([value])).toThrow('cannot be written as JSON');
    }
  });

  it('hashes as sha256sum does', () => {
    // printf '{"a":1}' | sha256sum
    expect(contentHash({ a: 1 })).toBe('015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
  });
});
