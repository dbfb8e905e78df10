import { describe, expect, it } from 'vitest';
import { hasRealData, realRows } from '../../tests/real-data.ts';
import { insertionOf } from './insertion.ts';

const of = (before: string | null, completion: string, more: { surface?: string; meta?: unknown } = {}) =>
  insertionOf({ before, completion, surface: 'inline', ...more });

describe('insertionOf', () => {
  it('takes what a completion adds to the code it begins with', () => {
    expect(of('def f(x):\n', 'def f(x):\n    return eval(x)\n')).toEqual({
      prefix: 'def f(x):\n',
      suggestion: '    return eval(x)\n',
      suffix: '',
      insertFirst: true,
    });
    expect(of('a(', 'a(1);\nend', { meta: { suffix: ';\nend' } })).toEqual({
      prefix: 'a(',
      suggestion: '1)',
      suffix: ';\nend',
      insertFirst: true,
    });
  });

  it('believes a sender that names the code after the cursor', () => {
    expect(of('query(', 'name)', { surface: 'chat', meta: { suffix: ';' } })).toEqual({
      prefix: 'query(',
      suggestion: 'name)',
      suffix: ';',
      insertFirst: true,
    });
  });

  it('sees that a completion replaces what it repeats, and that a chat answer is no insertion', () => {
    const before = 'import os\nos.system(command)\n';
    expect(of(before, 'import subprocess\nos.system(command)\nprint(1)\n')).toBeNull();
    expect(of('import os\n', 'os.system(command)\n')?.insertFirst).toBe(true);
    // The same line with something hidden in it is a change of it, not code after it.
    expect(of('if (user != "admin") {', 'if (user != "admin\u202e") {')?.insertFirst).toBe(false);
    expect(of('import os\n', 'os.system(command)\n', { surface: 'chat' })).toBeNull();
    expect(of(null, 'x = 1')).toBeNull();
    expect(of('x', '')).toBeNull();
    expect(of('x = 1\n', 'x = 1\n  \n')).toBeNull();
  });

  it.skipIf(!hasRealData)('puts every real insertion together again', () => {
    let found = 0;
    for (const row of realRows()) {
      const insertion = of(row.before, row.completion);
      if (!insertion || row.before === null) continue;
      found += 1;
      const { prefix, suggestion } = insertion;
      expect([row.completion, row.before + row.completion], row.id).toContain(prefix + suggestion);
    }
    expect(found).toBeGreaterThan(2_000);
  });
});
