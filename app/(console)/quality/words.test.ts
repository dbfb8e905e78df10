import { expect, test } from 'vitest';
import { figureText, shareText, wordText } from './words.ts';

test('a figure is never told without its n and its interval', () => {
  expect(figureText({ n: 212, value: 0.713, low: 0.64, high: 0.784 }, 'plain')).toBe(
    '0.71, between 0.64 and 0.78 · 212 items',
  );
  expect(figureText({ n: 30, value: 0.9, low: 0.744, high: 0.965 }, 'percent')).toBe(
    '90 %, between 74 % and 97 % · 30 items',
  );
  expect(figureText({ n: 12, value: null, reason: 'too_few' }, 'plain')).toBe(
    'hidden: 12 of the 30 items it takes',
  );
  expect(figureText({ n: 50, value: null, reason: 'single_category' }, 'plain')).toBe(
    'undefined: the same verdict on all 50 items',
  );
});

test('shares and words read as sentences do', () => {
  expect(shareText(3, 8)).toBe('3 of 8 (38 %)');
  expect(shareText(0, 0)).toBe('–');
  expect(wordText({ verdict: 'harmful', policyKey: 'theft', policyTitle: 'Theft' })).toBe(
    'harmful under Theft',
  );
  expect(wordText({ verdict: 'benign', policyKey: null, policyTitle: null })).toBe('benign');
});
