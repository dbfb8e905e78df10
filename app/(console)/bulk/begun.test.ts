import { expect, it } from 'vitest';
import { beginWith, readBegun } from './begun.ts';

it('comes back from the address as it went there, and nothing else does', () => {
  const policyId = crypto.randomUUID();
  for (const begun of [
    { verdict: 'harmful', policyId },
    { verdict: 'benign', policyId: null },
  ] as const) {
    const { pathname, searchParams } = new URL(beginWith('C-7', begun), 'http://x');
    expect([pathname, readBegun(Object.fromEntries(searchParams))]).toEqual(['/clusters/C-7', begun]);
  }
  expect(readBegun({})).toBeNull();
  expect(readBegun({ verdict: ['benign', 'harmful'] })).toBeNull();
  expect(readBegun({ verdict: 'fine', policy: policyId })).toBeNull();
  expect(readBegun({ verdict: 'benign', policy: "' OR 1" })).toEqual({ verdict: 'benign', policyId: null });
});
