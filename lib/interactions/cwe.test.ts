import { expect, test } from 'vitest';
import { cweLabel } from './cwe.ts';

test('a weakness is named, and what is not listed stays as it is', () => {
  expect(cweLabel('CWE-89')).toBe('CWE-89 SQL injection');
  expect(cweLabel('CWE-089')).toBe('CWE-089 SQL injection');
  for (const other of ['CWE-999999', 'CWE-99999', 'cwe', '', 'CWE-89 or worse', 'CWE-__proto__']) {
    expect(cweLabel(other)).toBe(other);
  }
});
