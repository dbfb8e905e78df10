import { expect, test } from 'vitest';
import { openFilesLimit } from './open-files.ts';

test('the soft limit is read, and neither an unlimited nor a missing one is a small one', () => {
  const line = (soft: string) =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}   20000   files\n`;
  expect(openFilesLimit(line('1024'))).toBe(1024);
  expect(openFilesLimit(line('unlimited'))).toBeNull();
  expect(openFilesLimit('')).toBeNull();
});
