import { expect, test } from 'vitest';
import { compileRules, evaluate, findHits } from '#sdk/engine';
import type { Rule } from '#sdk/rule';
import { makeRule, makeSnapshot, ruleFor } from '#sdk/testing/rules';
import { GrowingAnswers } from './growing-answers.ts';

/** Answers over fixed rules, with every character that was read for them. */
function answersUnder(rules: Rule[]) {
  let snapshot = makeSnapshot(1, rules);
  let compiled = compileRules(rules, { seq: 1 });
  const now = new Date();
  let read = 0;
  let decided = 0;
  const answers = new GrowingAnswers(
    {
      decide: (request) => {
        decided++;
        read += request.completion?.length ?? 0;
        return evaluate(compiled, request, now);
      },
      ruleset: () => ({ snapshot, compiled, now, demoted: new Set(), stale: false }),
      status: () => ({
        seq: snapshot.seq,
        state: 'active',
        rules: rules.length,
        since: now,
        freshAsOf: null,
      }),
    },
    (all, request, at, options) => {
      read += request.completion?.length ?? 0;
      return findHits(all, request, at, options);
    },
  );
  const publish = (next: Rule[]) => {
    snapshot = makeSnapshot(snapshot.seq + 1, next);
    compiled = compileRules(next, { seq: snapshot.seq });
  };
  return { answers, publish, read: () => read, decided: () => decided };
}

test('an answer in many chunks is read about once, not once per chunk', () => {
  const bounded = ruleFor({ kind: 're2', pattern: 'danger[0-9]{1,4}', ignoreCase: false }, 'danger1');
  const { answers, read, decided } = answersUnder([makeRule(), bounded]);
  const chunk = 'const a = 1;\nconst b = 2;\n';
  let text = '';
  for (let round = 0; round < 2_000; round++) {
    text += chunk;
    expect(answers.judge('call', {}, text, true).decision.verdict).toBe('allow');
  }
  // Reading all of it every time would be a thousand times its length.
  expect(read()).toBeLessThan(3 * text.length);
  expect(decided()).toBe(1);
  expect(answers.judge('call', {}, `${text}danger12 `, true).decision.verdict).toBe('block');
});

test('a match that began far back, before what is read again, is still one match', () => {
  const { answers } = answersUnder([makeRule()]);
  let last = 'allow';
  for (let end = 1; end <= 'x evil(1) y'.length; end++) {
    last = answers.judge('call', {}, 'x evil(1) y'.slice(0, end), true).decision.verdict;
    if (last === 'block') break;
  }
  expect(last).toBe('block');
});

test('the place where reading begins again is not taken for the start of the answer', () => {
  const start = ruleFor({ kind: 're2', pattern: '^import os', ignoreCase: false }, 'import os');
  const { answers } = answersUnder([start]);
  const text = 'x = 1; import os; import os; ';
  for (let end = 1; end <= text.length; end++) {
    expect(answers.judge('call', {}, text.slice(0, end), true).decision.verdict).toBe('allow');
  }
});

test('another text under the same name is judged anew', () => {
  const { answers } = answersUnder([makeRule()]);
  answers.judge('call', {}, 'fine '.repeat(100), true);
  expect(answers.judge('call', {}, `evil(1) ${'fine '.repeat(200)}`, true).decision.verdict).toBe('block');
});

test('what is remembered is bounded, in answers and in characters', () => {
  const { answers } = answersUnder([]);
  for (let call = 0; call < 11_000; call++) answers.judge(`call-${call}`, {}, 'short', false);
  expect(answers.size).toBe(10_000);
  const long = 'x'.repeat(4 * 1024 * 1024);
  for (let call = 0; call < 20; call++) answers.judge(`long-${call}`, {}, long, false);
  expect(answers.size).toBeLessThanOrEqual(16);
});

test('a rule that is published while an answer is written reads all of it', () => {
  const { answers, publish } = answersUnder([makeRule()]);
  const text = `first bad( then ${'much more '.repeat(50)}`;
  expect(answers.judge('call', {}, text, true).decision.verdict).toBe('allow');
  const late = { kind: 'literal', text: 'bad(', ignoreCase: false } as const;
  publish([ruleFor(late, 'bad(')]);
  expect(answers.judge('call', {}, `${text} and on`, true).decision.verdict).toBe('block');
});

test('however an answer is cut, what is shown in the end is what the whole answer would show', () => {
  const redact = (pattern: string, sample: string) =>
    ruleFor({ kind: 're2', pattern, ignoreCase: false }, sample, { action: 'redact' });
  const rules = [
    redact('a{2,4}', 'aa'),
    redact(String.raw`\bab\b`, 'ab'),
    redact('ba?b', 'bb'),
    redact('b $', 'b '),
  ];
  const compiled = compileRules(rules, { seq: 1 });
  let seed = 11;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % limit;
  };
  const { answers } = answersUnder(rules);
  for (let round = 0; round < 400; round++) {
    const whole = Array.from({ length: 1 + below(40) }, () => 'ab '[below(3)]).join('');
    const wanted = evaluate(compiled, { completion: whole }, new Date()).text ?? whole;
    let shown = '';
    for (let end = 0; end < whole.length; ) {
      end = Math.min(whole.length, end + 1 + below(5));
      const { text, hold } = answers.judge(`call-${round}`, {}, whole.slice(0, end), true);
      const next = text.slice(0, text.length - hold);
      // What has been shown is never taken back.
      expect(next.startsWith(shown.slice(0, next.length)), JSON.stringify(whole)).toBe(true);
      if (next.length > shown.length) shown = next;
    }
    const last = answers.judge(`call-${round}`, {}, whole, true).text;
    expect(last, JSON.stringify(whole)).toBe(wanted);
    expect(last.startsWith(shown), JSON.stringify({ whole, shown, last })).toBe(true);
  }
});

test.each([true, false])(
  'an answer in JSON is read as its reader reads it while it grows (%s)',
  (repeatsLast) => {
    const rule = ruleFor({ kind: 'imports', packages: ['acme-spy'] }, 'import acme_spy');
    const { answers } = answersUnder([rule]);
    const text = JSON.stringify({ path: 'a.py', content: 'import os\nimport acme_spy\n', mode: 'w' });
    const verdicts = new Set<string>();
    for (let end = 1; end <= text.length; end++) {
      verdicts.add(answers.judge('call', {}, text.slice(0, end), repeatsLast).decision.verdict);
    }
    expect([...verdicts]).toEqual(['allow', 'block']);
  },
);
