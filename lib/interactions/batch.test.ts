import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { describe, expect, it } from 'vitest';
import { readBatch } from './batch.ts';
import { digestOf } from './digest.ts';
import { type InteractionRow, interactionRowSchema } from './schema.ts';

const row = (overrides: Record<string, unknown> = {}) => ({
  id: 'a-1',
  occurredAt: '2026-11-01T12:00:00Z',
  model: { name: 'codex-sim', version: '2026.9' },
  surface: 'inline',
  language: 'python',
  actor: { id: 'u1' },
  prompt: 'p',
  completion: 'c',
  findings: [],
  ...overrides,
});
const bytes = (text: string) => new TextEncoder().encode(text);
const one = (value: unknown) => {
  const [checked] = readBatch(bytes(JSON.stringify([value])), false);
  if (!checked) throw new Error('no row');
  return checked;
};
const errorOf = (value: unknown) => {
  const checked = one(value);
  return 'error' in checked ? checked.error : undefined;
};

const errorIn = (body: Uint8Array) => {
  const [checked] = readBatch(body, false);
  return checked && 'error' in checked ? checked.error.message : '';
};

describe('readBatch', () => {
  it('takes one object, an array, and NDJSON by content type or by sight', () => {
    const two = `${JSON.stringify(row())}\n\n${JSON.stringify(row({ id: 'a-2' }))}\r\n`;
    expect(readBatch(bytes(JSON.stringify(row(), null, 2)), false).map(({ id }) => id)).toEqual(['a-1']);
    expect(readBatch(bytes(JSON.stringify([row(), row({ id: 'a-2' })])), false)).toHaveLength(2);
    expect(readBatch(bytes(two), true).map(({ id }) => id)).toEqual(['a-1', 'a-2']);
    expect(readBatch(bytes(two), false).map(({ id }) => id)).toEqual(['a-1', 'a-2']);
  });

  it('keeps U+2028 inside a line of NDJSON', () => {
    const rows = readBatch(bytes(`${JSON.stringify(row({ prompt: 'x\u2028y' }))}\n`), true);
    expect(rows[0]).toMatchObject({ row: { prompt: 'x\u2028y' } });
  });

  it('answers broken lines by themselves and leaves their neighbours alone', () => {
    const broken = Buffer.concat([
      bytes(`${JSON.stringify(row())}\n{"id": \n`),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      bytes(JSON.stringify(row({ id: 'a-4' }))),
    ]);
    const rows = readBatch(broken, true);
    expect(rows.map((checked) => ('error' in checked ? checked.error.message : checked.id))).toEqual([
      'a-1',
      'This row is not valid JSON.',
      'This row is not valid UTF-8.',
      'a-4',
    ]);
  });

  it('refuses a body that is no JSON at all, and more than 1,000 rows', () => {
    expect(() => readBatch(bytes('{"id": 1,\n"x"'), false)).toThrow('not valid JSON');
    expect(() => readBatch(bytes(JSON.stringify(Array(1_001).fill(1))), false)).toThrow('at most 1000');
    expect(() => readBatch(bytes('1\n'.repeat(1_001)), true)).toThrow('at most 1000');
  });

  it('names the field of every problem', () => {
    expect(errorOf(row({ extra: 1 }))?.fields).toEqual({ extra: 'is not a known field' });
    expect(errorOf(row({ model: { name: 'm', version: '1', x: 2 } }))?.fields).toHaveProperty('model.x');
    expect(errorOf(row({ occurredAt: 'yesterday' }))?.fields).toHaveProperty('occurredAt');
    expect(errorOf(row({ occurredAt: '0000-01-01T00:00:00Z' }))?.fields).toHaveProperty('occurredAt');
    expect(
      errorOf(row({ findings: [{ detector: 'd', category: 'nope', severity: 'high' }] }))?.fields,
    ).toHaveProperty('findings.0.category');
    expect(errorOf(7)?.message).toBeTruthy();
    expect(errorOf(null)?.message).toBeTruthy();
  });

  it('refuses NUL and unpaired surrogates with field and offset, in keys too', () => {
    expect(errorOf(row({ completion: 'ab\u0000' }))).toEqual({
      code: 'invalid',
      message: 'completion has a NUL character at offset 2, which cannot be stored',
      fields: { completion: 'has a NUL character at offset 2, which cannot be stored' },
    });
    expect(errorOf(row({ prompt: '😀\ud800x' }))?.fields?.prompt).toContain('unpaired surrogate at offset 2');
    expect(errorOf(row({ meta: { deep: { 'k\u0000': 1 } } }))?.message).toContain('meta.deep (a key)');
    expect(one(row({ id: '\udc00' })).id).toBe('\ufffd');
    expect('row' in one(row({ prompt: '😀' }))).toBe(true);
  });

  it('bounds meta by depth and size, and keeps it as it is otherwise', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 9; level += 1) deep = { deep };
    expect(errorOf(row({ meta: deep }))?.fields).toHaveProperty('meta');
    expect(errorOf(row({ meta: { big: 'x'.repeat(40_000) } }))?.fields).toHaveProperty('meta');
    expect(errorOf(row({ meta: [] }))?.fields).toHaveProperty('meta');
    const huge = `{"meta": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(() => readBatch(bytes(huge), false)).toThrow('nested deeper than 32 levels');
    const meta = JSON.parse('{"__proto__": {"a": null}, "b": [1, {"c": "<script>"}]}');
    const checked = one(row({ meta }));
    expect('row' in checked && JSON.stringify(checked.row.meta)).toBe(JSON.stringify(meta));
  });
});

describe('limits', () => {
  const thrown = (body: string, ndjson = false) => {
    try {
      readBatch(bytes(body), ndjson);
    } catch (error) {
      return error;
    }
  };

  it('has an error for each that names the limit and the field', () => {
    expect(thrown(JSON.stringify(Array(1_001).fill(1)))).toMatchObject({
      code: 'too_large',
      fields: { '(rows)': 'must be at most 1000' },
    });
    expect(thrown(`[${'[],'.repeat(250_000)}1]`)).toMatchObject({
      code: 'invalid',
      fields: { '(body)': 'is made of more than 250000 arrays and objects' },
    });
    expect(thrown('['.repeat(33))).toMatchObject({
      fields: { '(body)': 'is nested deeper than 32 levels' },
    });
    expect(errorOf(row({ prompt: 'x'.repeat(1_000_001) }))?.message).toMatch(/^prompt: .*1000000/);
    expect(errorOf(row({ id: 'x'.repeat(301) }))?.message).toMatch(/^id: .*300/);
    const finding = { detector: 'd', category: 'other', severity: 'low' };
    expect(errorOf(row({ findings: Array(101).fill(finding) }))?.message).toMatch(/^findings: .*100/);
    expect(errorOf(row({ meta: { big: 'x'.repeat(40_000) } }))?.message).toMatch(/^meta: .*32768 characters/);
    const deep = JSON.parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`);
    expect(errorOf(row({ meta: deep }))?.message).toMatch(/^meta: .*8 levels/);
  });

  it('refuses what is too deep in a small body as in a large one, at exactly the same level', () => {
    const nested = (levels: number, pad: string) =>
      bytes(`{"pad":"${pad}","a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`);
    for (const pad of ['', 'x'.repeat(40_000)]) {
      expect(errorIn(nested(32, pad))).not.toContain('nested');
      expect(() => readBatch(nested(33, pad), false)).toThrow('nested deeper than 32 levels');
    }
  });

  it('refuses one deep line by itself, and counts no bracket inside a text', () => {
    const code = row({ id: 'code', completion: `${'['.repeat(500)} "\\ ${'{'.repeat(300_000)}` });
    const lines = [JSON.stringify(code), `{"meta": ${'['.repeat(100)}`, JSON.stringify(row())].join('\n');
    const rows = readBatch(bytes(lines), true);
    expect(rows.map((checked) => ('error' in checked ? checked.error.message : checked.id))).toEqual([
      'code',
      'This row is nested deeper than 32 levels.',
      'a-1',
    ]);
  });
});

describe('digestOf', () => {
  const parsed = (overrides: Record<string, unknown> = {}): InteractionRow =>
    interactionRowSchema.parse(row(overrides));

  it('is the same for absent, null and default, for key order and for spellings of an instant', () => {
    const base = digestOf(parsed());
    expect(digestOf(parsed({ before: null, path: null, control: false }))).toBe(base);
    expect(digestOf(parsed({ occurredAt: '2026-11-01T17:30:00.000+05:30' }))).toBe(base);
    const reversed = Object.fromEntries(Object.entries(row()).reverse());
    expect(digestOf(interactionRowSchema.parse(reversed))).toBe(base);
  });

  it('is the SHA-256 of the RFC 8785 text, whichever way it is written', () => {
    const full = parsed({
      path: 'a/ü\u2028.py',
      actor: { tier: 'x', id: 'u', tenant: 't' },
      before: '"\\\u0007',
      outcome: 'shown',
      sampling: { topP: 0.1, temperature: 1e-7, candidates: 3 },
      control: false,
      findings: [
        {
          severity: 'low',
          detector: 'd',
          category: 'other',
          start: 0,
          end: 0,
          rule: '',
          message: '😀',
          cwe: null,
        },
      ],
    });
    const { path, ...rest } = full;
    for (const one of [full, rest, parsed(), parsed({ meta: { b: 1, '10': 2, '9': [null] } })]) {
      const meaning = JSON.parse(
        JSON.stringify({ control: false, ...one }),
        (_, value) => value ?? undefined,
      );
      if (one.meta) meaning.meta = one.meta;
      meaning.occurredAt = new Date(one.occurredAt).toISOString();
      const text = canonicalize(meaning) ?? '';
      expect(digestOf(one)).toBe(createHash('sha256').update(text).digest('hex'));
    }
  });

  it('differs for every change of meaning', () => {
    const variants = [
      parsed(),
      parsed({ completion: 'c ' }),
      parsed({ before: '' }),
      parsed({ control: true }),
      parsed({ meta: {} }),
      parsed({ meta: { a: null } }),
      parsed({ findings: [{ detector: 'd', category: 'other', severity: 'low' }] }),
    ];
    expect(new Set(variants.map(digestOf)).size).toBe(variants.length);
  });
});
