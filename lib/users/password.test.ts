import { expect, test, vi } from 'vitest';

/** As a process that nobody told of another cost has it. */
async function fresh() {
  vi.resetModules();
  return import('./password.ts');
}

test('a password is kept at the full cost, and verified by itself alone', async () => {
  const { hashPassword, verifyPassword } = await fresh();
  const kept = await hashPassword('correct horse');
  expect(kept).toMatch(/^scrypt\$[\w+/=]{24}\$[\w+/=]{44}$/);
  expect(await verifyPassword('correct horse', kept)).toBe(true);
  expect(await verifyPassword('correct horsf', kept)).toBe(false);
  expect(await verifyPassword('correct horse', null)).toBe(false);
});

test('what was kept at the full cost before verifies as it is', async () => {
  // Made by node:crypto alone: scrypt, N = 2^17, r = 8, p = 1, a salt of sixteen times 1.
  const kept = 'scrypt$AQEBAQEBAQEBAQEBAQEBAQ==$gwe3lbQqimXdlDqfOzGOzv1eOdnJtrQNdFplF8iHPRg=';
  const { verifyPassword } = await fresh();
  expect(await verifyPassword('an old password', kept)).toBe(true);
  expect(await verifyPassword('another password', kept)).toBe(false);
});

test('a password of another cost says so and verifies whatever the cost is now', async () => {
  const { hashPassword, setPasswordCost, verifyPassword } = await fresh();
  setPasswordCost(10);
  const cheap = await hashPassword('correct horse');
  expect(cheap).toMatch(/^scrypt10\$/);
  setPasswordCost(11);
  expect(await verifyPassword('correct horse', cheap)).toBe(true);
  expect(await verifyPassword('wrong', cheap)).toBe(false);
  // The same text read at another cost is another key.
  expect(await verifyPassword('correct horse', cheap.replace('scrypt10', 'scrypt11'))).toBe(false);
});
