import { describe, expect, test } from 'vitest';
import type { Decision } from './decision.ts';
import { WHOLE_LIMIT } from './holdback.ts';
import type { Rule } from './rule.ts';
import { BlockedError, createGuardStream, type StreamOptions } from './stream.ts';
import { cutUp, judgePieces, openJudge, random } from './testing/chunks.ts';
import { until } from './testing/feed.ts';
import { makeRule, ruleFor } from './testing/rules.ts';

const re2 = (pattern: string, lookback?: number): Rule['matcher'] => ({
  kind: 're2',
  pattern,
  ignoreCase: false,
  ...(lookback === undefined ? {} : { lookback }),
});

const literal = (text: string): Rule['matcher'] => ({ kind: 'literal', text, ignoreCase: false });

interface Opened {
  stream: ReturnType<typeof createGuardStream>;
  done: Decision[];
  added: { chunks: number; released: number; unscanned: number };
}

function open(rules: readonly Rule[], options?: StreamOptions): Opened {
  const done: Decision[] = [];
  const added = { chunks: 0, released: 0, unscanned: 0 };
  const stream = createGuardStream(
    openJudge(rules),
    {
      onChunk: (more) => {
        added.chunks += more.chunks;
        added.released += more.released;
        added.unscanned += more.unscanned;
      },
      onDone: (decision) => done.push(decision),
    },
    options,
  );
  return { stream, done, added };
}

const source = (pieces: readonly string[], onCancel?: (reason: unknown) => void) => {
  let at = 0;
  return new ReadableStream<string>({
    pull: (controller) => {
      const piece = pieces[at++];
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: onCancel,
  });
};

async function drain(readable: ReadableStream<string>): Promise<string[]> {
  const out: string[] = [];
  for await (const piece of readable) out.push(piece);
  return out;
}

describe('a stream', () => {
  test('releases at once what no rule can hit, and holds back the longest match', async () => {
    const { stream } = open([ruleFor(literal('evil1234'), 'evil1234')]);
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    void writer.write('x'.repeat(100));
    // Seven characters may be the beginning of a match.
    expect(await reader.read()).toEqual({ done: false, value: 'x'.repeat(93) });
    void writer.write('12');
    expect((await reader.read()).value).toBe('xx');
    void writer.close();
    expect((await reader.read()).value).toBe(`${'x'.repeat(5)}12`);
    expect((await reader.read()).done).toBe(true);
    expect(stream.progress).toMatchObject({ chunks: 2, released: 102, unscanned: 0, held: 7 });
  });

  test('holds nothing back for rules that change nothing', () => {
    const watching = [
      makeRule({ mode: 'shadow' }),
      makeRule({ action: 'flag' }),
      makeRule({ action: 'require_review', when: 'completion_length > 1' }),
      ruleFor({ kind: 'imports', packages: ['evil'] }, 'import evil', { action: 'warn' }),
    ];
    const judge = openJudge(watching);
    expect(judge.write('import ev')).toBe('import ev');
    expect(judge.write('il\nevil(')).toBe('il\nevil(');
    expect(judge.end()).toBe('');
    expect(judge.decision().rules.map(({ action }) => action)).toEqual([
      'block',
      'flag',
      'require_review',
      'warn',
    ]);
  });

  test('of a line, only what may become the name of a package waits', () => {
    const judge = openJudge([
      ruleFor({ kind: 'imports', packages: ['evil'] }, 'import evil', { action: 'redact' }),
    ]);
    expect(judge.write('You could say that nothing here ')).toBe('You could say that nothing here ');
    expect(judge.write('ev')).toBe('');
    expect(judge.write('en so.\n')).toBe('even so.\n');
    expect(judge.write('import ev')).toBe('import ');
    expect(judge.write('il\nx')).toMatch(/^\[removed by R-\d+\]\nx$/);
    expect(judge.write(' = 1')).toBe(' = 1');
  });

  test('ends where a rule blocks: normally, with its message, or with an error; the source is let go of', async () => {
    const rule = makeRule({ parameters: { text: 'Not this.' } });
    const pieces = ['fine ', 'and fine, ', 'ev', 'il(', 'and more', 'never read'];
    for (const [blocked, shown] of [
      ['end', 'fine and fine'],
      ['message', 'fine and fine\n\nNot this.'],
    ] as const) {
      const told: Decision[] = [];
      const { stream, done } = open([rule], { blocked, onBlock: (decision) => told.push(decision) });
      let cancelled = false;
      const out = await drain(source(pieces, () => (cancelled = true)).pipeThrough(stream));
      expect(out.join('')).toBe(shown);
      const decision = await stream.decision;
      expect(decision).toMatchObject({ verdict: 'block', message: 'Not this.', rules: [{ id: rule.id }] });
      expect([told, done]).toEqual([[decision], [decision]]);
      await until('the source is let go of', () => cancelled);
    }
    const { stream } = open([rule], { blocked: 'error' });
    const failure = await drain(source(pieces).pipeThrough(stream)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BlockedError);
    expect((failure as BlockedError).decision.verdict).toBe('block');
  });

  test('a listener that throws does not let a blocked answer through', async () => {
    const { stream } = open([makeRule()], {
      onBlock: () => {
        throw new Error('listener');
      },
    });
    expect((await drain(source(['evil(', 'more']).pipeThrough(stream))).join('')).toBe('');
  });

  test('what is replaced stays replaced, a stronger rule behind it still counts', () => {
    const replace = ruleFor(literal('bad'), 'bad', {
      action: 'replace',
      parameters: { text: 'Something safe.' },
    });
    const block = makeRule();
    const fine = 'fine '.repeat(10);
    const { text, decision } = judgePieces([replace, block], [fine, 'bad ', 'and so on']);
    expect(text).toBe(`${fine.slice(0, -4)}\n\nSomething safe.`);
    expect(decision).toMatchObject({ verdict: 'replace', text: 'Something safe.' });
    expect(judgePieces([replace, block], [fine, 'bad ', 'evil(', 'more'])).toMatchObject({
      decision: { verdict: 'block' },
      text: fine.slice(0, -4),
    });
  });

  test('a warning is written behind the answer unless told otherwise', async () => {
    const rule = makeRule({ action: 'warn', parameters: { text: 'Look twice.' } });
    const shown = async (options?: StreamOptions) =>
      (await drain(source(['evil(', '1)']).pipeThrough(open([rule], options).stream))).join('');
    expect(await shown()).toBe('evil(1)\n\nLook twice.');
    expect(await shown({ warning: 'none' })).toBe('evil(1)');
  });

  test('a rule that hits every answer ends it at its first character', () => {
    const any = ruleFor({ kind: 'any' }, '', {
      action: 'disable',
      tests: { mustMatch: [], mustNotMatch: [] },
    });
    expect(judgePieces([any], ['h', 'ello'])).toMatchObject({ text: '', decision: { verdict: 'block' } });
    expect(judgePieces([any], [])).toMatchObject({ text: '', decision: { verdict: 'allow' } });
  });

  test('back-pressure is kept: an answer that nobody reads is not drawn in', async () => {
    const { stream } = open([makeRule()]);
    let pulled = 0;
    const endless = new ReadableStream<string>({
      pull: (controller) => {
        pulled++;
        controller.enqueue('x'.repeat(100));
      },
    });
    const reader = endless.pipeThrough(stream).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pulled).toBeLessThan(8);
    await reader.cancel();
  });

  test('a reader that leaves, or a writer that gives up, settles the decision of what had come', async () => {
    let cancelled: unknown;
    const endless = new ReadableStream<string>({
      pull: (controller) => controller.enqueue('evil('),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const left = open([makeRule({ action: 'flag' })]);
    const reader = endless.pipeThrough(left.stream).getReader();
    await reader.read();
    await reader.cancel('gone');
    await until('the source is let go of', () => cancelled === 'gone');
    expect(await left.stream.decision).toMatchObject({ verdict: 'flag' });
    expect(left.done).toHaveLength(1);
    const aborted = open([makeRule()]);
    const writer = aborted.stream.writable.getWriter();
    const read = drain(aborted.stream.readable).catch((error: unknown) => error);
    await writer.write('some text');
    await writer.abort(new Error('the model went away'));
    expect(await read).toMatchObject({ message: 'the model went away' });
    expect(await aborted.stream.decision).toMatchObject({ verdict: 'allow' });
    expect(aborted.done).toHaveLength(1);
  });
});

describe('what a stream costs', () => {
  const text = 'const value = compute(input, "a string", 42);\n'.repeat(11_000).slice(0, 500_000);
  const rules = [
    makeRule(),
    ruleFor(re2('secret=[^\\s]+'), 'secret=x', { action: 'redact' }),
    ruleFor({ kind: 'imports', packages: ['evil'] }, 'import evil', { action: 'block' }),
    ruleFor({ kind: 'phrases', phrases: ['ignore all rules'] }, 'ignore all rules', { action: 'block' }),
  ];
  const scanned = (length: number) => {
    const judge = openJudge(rules);
    let released = 0;
    for (let at = 0; at < length; at += 20) released += judge.write(text.slice(at, at + 20)).length;
    released += judge.end().length;
    expect([released, judge.counters.released, judge.counters.unscanned]).toEqual([length, length, 0]);
    return judge.counters;
  };

  test('grows with the answer, not with its square: half a megabyte in pieces of twenty characters', () => {
    const part = scanned(50_000);
    const whole = scanned(500_000);
    expect(whole.scanned).toBeLessThan(10.5 * part.scanned);
    // Around each piece, what the widest rule may have begun before it.
    expect(whole.scanned / 500_000).toBeLessThan((2 * (512 + 20)) / 20);
    expect(whole.held).toBe(part.held);
    expect(whole.held).toBeLessThan(600);
  });

  test.each(['import (\n', 'from a import (\n', 'import (\nuse {\n', 'import\n', '\\\n'])(
    'what is opened again and again is not read again and again: %j',
    (part) => {
      const importing = [
        ruleFor({ kind: 'imports', packages: ['evil'] }, 'import evil', { action: 'block' }),
      ];
      const scannedOf = (length: number) => {
        const judge = openJudge(importing);
        const hostile = part.repeat(length / part.length);
        for (let at = 0; at < length; at += 100) judge.write(hostile.slice(at, at + 100));
        judge.end();
        return judge.counters.scanned / length;
      };
      expect(scannedOf(40_000)).toBeLessThan(100);
      expect(scannedOf(400_000)).toBeLessThan(100);
    },
  );

  test('an endless line is read in parts', () => {
    const line = 'a = "b"; '.repeat(10_000);
    const importing = [ruleFor({ kind: 'imports', packages: ['evil'] }, 'import evil', { action: 'redact' })];
    const { text: out, judge } = judgePieces(
      importing,
      cutUp(`${line}require("evil") ${line}`, random(1), 500),
    );
    expect(out).toMatch(/^(a = "b"; )+require\("\[removed by R-\d+\]"\) (a = "b"; )+$/);
    expect(judge.counters.held).toBeLessThan(20_000);
  });
});

describe('what a stream cannot hold', () => {
  test('a match longer than the lookback is removed to its end, or to the end of the answer', () => {
    const rule = ruleFor(re2('key=[a-z]+', 16), 'key=x', { action: 'redact' });
    const medium = `a key=${'z'.repeat(300)} b`;
    const expected = `a [removed by ${rule.ref}] b`;
    for (const longest of [1, 7, 400]) {
      expect(judgePieces([rule], cutUp(medium, random(longest), longest)).text).toBe(expected);
    }
    const huge = `a key=${'z'.repeat(20_000)} b`;
    const { text, judge } = judgePieces([rule], cutUp(huge, random(3), 50));
    expect(text).toBe(`a [removed by ${rule.ref}]`);
    expect(judge.counters.held).toBeLessThan(9_000);
  });

  test('a pattern that needs the end of the text hits there, not where a piece ends', () => {
    const rule = ruleFor(re2('a.*$', 16), 'a', { action: 'block' });
    expect(judgePieces([rule], ['a', ' b', ' c', `${'d'.repeat(100)}\n`, 'e']).decision.verdict).toBe(
      'allow',
    );
    expect(judgePieces([rule], ['x', ' a', ' c']).decision.verdict).toBe('block');
  });

  test('an answer too long for a rule that reads all of it falls under its fail mode', () => {
    const rule = (onError: Rule['fail']['onError']) =>
      makeRule({ when: 'completion_length > 1', fail: { onError, onStale: 'open' } });
    const pieces = cutUp('let a = 1;\n'.repeat(20_000), random(1), 5_000);
    const length = pieces.join('').length;
    expect(length).toBeGreaterThan(WHOLE_LIMIT);
    const open_ = judgePieces([rule('open')], pieces);
    expect(open_.text).toHaveLength(length);
    expect(open_.judge.counters.unscanned).toBe(length);
    expect(open_.errors[0]).toContain('longer than 200000 characters');
    const closed = judgePieces([rule('closed')], pieces);
    expect([closed.text, closed.decision.verdict, closed.judge.counters.unscanned]).toEqual(['', 'block', 0]);
    const review = judgePieces([rule('require_review')], pieces);
    expect([review.text.length, review.decision.verdict]).toEqual([length, 'require_review']);
  });

  test('a rule that asks how long the answer is waits for its end', () => {
    const rule = makeRule({ action: 'redact', when: 'completion_length > 10' });
    const judge = openJudge([rule]);
    expect(judge.write('const a = 1;\nev')).toBe('');
    expect(judge.write('il(a);\nb();\n')).toBe('');
    expect(judge.end()).toBe(`const a = 1;\n[removed by ${rule.ref}]a);\nb();\n`);
  });

  test('a code shape is judged over the whole answer before any of it goes out', () => {
    const rule = ruleFor({ kind: 'shape', pattern: 'eval($X)', language: 'javascript' }, 'eval(x)', {
      action: 'redact',
    });
    const judge = openJudge([rule], { context: { language: 'javascript' } });
    expect(judge.write('const a = 1;\nev')).toBe('');
    expect(judge.write('al(a);\nb();\n')).toBe('');
    expect(judge.end()).toBe(`const a = 1;\n[removed by ${rule.ref}];\nb();\n`);
  });
});
