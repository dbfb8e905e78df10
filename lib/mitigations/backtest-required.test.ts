import { expect, test } from 'vitest';
import { textMatcher } from '#sdk/engine';
import type { PackageListItem } from '#sdk/rule';
import { requiredOf } from './backtest-required.ts';

test.each<[PackageListItem, string, string]>([
  ['PyYAML', 'python', 'import yaml'],
  [{ name: 'opencv-python', ecosystem: 'pypi' }, 'python', 'import cv2'],
  ['acme-db-tools', 'python', 'import acme.db.tools'],
  ['com.google.guava:guava', 'java', 'import com.google.common.base.Strings;'],
  ['acme-corp/http-client', 'php', 'use AcmeCorp\\HttpClient\\Client;'],
  ['acme-loader', 'ruby', 'require "acme/loader"'],
])('what a list of %j hits has a string that is looked for first: %s, %s', (item, language, text) => {
  for (const find of ['imported', 'mentioned'] as const) {
    const matcher = { kind: 'imports', find, packages: [item] } as const;
    expect(textMatcher({ ...matcher, packages: [item] })(text, language)).not.toEqual([]);
    const [strings] = (requiredOf({ ...matcher, packages: [item] }) ?? []) as string[][];
    expect(strings?.some((part) => text.toLowerCase().includes(part.toLowerCase()))).toBe(true);
  }
});
