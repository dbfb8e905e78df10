import { expect, it } from 'vitest';
import { attempt, refusalWords } from './attempt.tsx';
import { once } from './once.tsx';

const KEPT = 'Nothing was saved; what you typed is still here.';

it('says of a refusal what was kept', () => {
  expect(refusalWords({ ok: false, code: 'invalid', message: 'title: too long.' }, KEPT)).toBe(
    `title: too long. ${KEPT}`,
  );
});

it.each([
  ['once', () => once(() => Promise.reject(new Error('gone')))({ title: 'a' })],
  ['attempt', () => attempt(Promise.reject(new Error('gone')))],
])('never claims of a lost answer that nothing was saved: %s', async (_, send) => {
  const answer = await send();
  if (answer.ok) return expect.unreachable();
  expect(refusalWords(answer, KEPT)).not.toContain('Nothing was saved');
  expect(refusalWords(answer, KEPT)).toBe(answer.message);
});
