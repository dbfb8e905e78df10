import { describe, expect, test } from 'vitest';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import { textMatcher } from '#sdk/match';
import type { RuleMatcher } from '#sdk/rule';
import { ACTOR_COUNT, createActors, NEWEST_MODEL, TENANT_COUNT } from './population.ts';
import { seededRandom } from './random.ts';
import { everydayTemplates, flaggedTemplates } from './templates/all.ts';
import { WAVE_PACKAGE, wave } from './templates/wave.ts';
import { createTraffic, renderInteraction } from './traffic.ts';

const ALL = [...flaggedTemplates, ...everydayTemplates, ...wave];
const START = Date.UTC(2026, 0, 5, 9);
const WAVE_AFTER = START + 90_000;

/** The text as a pattern that matches exactly it. */
const asPattern = (text: string) => text.replace(/[^\w\s]/g, '\\$&');

/** One interaction every 100 ms from START on. */
function sample(count: number, seed = 7, runId?: string) {
  const traffic = createTraffic({ seed, waveAfter: WAVE_AFTER, runId });
  return Array.from({ length: count }, (_, i) => traffic.next(START + i * 100));
}

describe('templates', () => {
  test('there are at least 60 flagged ones in 8 languages, of every category and severity', () => {
    expect(flaggedTemplates.length).toBeGreaterThanOrEqual(60);
    expect(flaggedTemplates.every((template) => template.finding)).toBe(true);
    expect(new Set(flaggedTemplates.map((template) => template.language)).size).toBeGreaterThanOrEqual(8);
    const seen = (field: 'category' | 'severity') =>
      [...new Set(flaggedTemplates.map((template) => template.finding?.[field]))].sort();
    expect(seen('category')).toEqual([...CATEGORIES].sort());
    expect(seen('severity')).toEqual([...SEVERITIES].sort());
  });

  test('there are at least 40 everyday ones without a finding, in the same languages', () => {
    expect(everydayTemplates.length).toBeGreaterThanOrEqual(40);
    expect(everydayTemplates.filter((template) => template.finding)).toEqual([]);
    const languages = new Set(everydayTemplates.map((template) => template.language));
    expect(flaggedTemplates.filter((template) => !languages.has(template.language))).toEqual([]);
  });

  test('keys are kebab-case and unique', () => {
    expect(ALL.filter(({ key }) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(key))).toEqual([]);
    expect(new Set(ALL.map(({ key }) => key)).size).toBe(ALL.length);
  });

  test('every before differs from its completion', () => {
    expect(ALL.filter(({ before, completion }) => before === completion)).toEqual([]);
  });

  test.each(ALL.map((template) => [template.key, template] as const))('%s fills and marks', (_, template) => {
    const random = seededRandom(3);
    const actor = { id: 'u-0001', tier: 'pro', tenant: 'northwind' } as const;
    const about = { id: 'x', nowMs: START, model: NEWEST_MODEL, actor };
    const texts = new Set<string>();
    for (let round = 0; round < 25; round += 1) {
      const row = renderInteraction(template, about, random);
      for (const text of [row.prompt, row.path ?? '', row.before ?? '', row.completion]) {
        expect(text).not.toMatch(/\{\{\w/);
        expect(text).not.toMatch(/^\n|undefined|\\`|\\\$\{/);
      }
      expect(row.completion).not.toMatch(/^ /);
      for (const finding of row.findings) {
        expect(finding.end).toBeGreaterThan(finding.start);
        expect(finding.message).not.toContain('{{');
        const parts = (template.finding?.mark ?? '').split(/\{\{\w+\}\}/).map(asPattern);
        expect(row.completion.slice(finding.start, finding.end)).toMatch(new RegExp(`^${parts.join('.+')}$`));
      }
      texts.add(row.completion);
    }
    // repeats have to be near-duplicates, never one text again and again
    if (/\{\{(?!rlo|lri|pdi|zwsp)\w/.test(template.completion)) expect(texts.size).toBeGreaterThan(1);
  });

  const rules: RuleMatcher[] = [
    { kind: 'literal', text: WAVE_PACKAGE, ignoreCase: false },
    { kind: 're2', pattern: `(import|from|require\\()\\s*['"]?${WAVE_PACKAGE}`, ignoreCase: false },
    { kind: 'imports', packages: [WAVE_PACKAGE] },
  ];
  test.each(rules.map((rule) => [rule.kind, rule] as const))(
    'one %s rule catches all of the wave',
    (_, rule) => {
      const find = textMatcher(rule);
      expect(wave.length).toBeGreaterThanOrEqual(5);
      expect(wave.filter(({ completion, language }) => find(completion, language).length === 0)).toEqual([]);
      const hit = [...flaggedTemplates, ...everydayTemplates].filter(
        ({ completion, language }) => find(completion, language).length > 0,
      );
      expect(hit.map(({ key }) => key)).toEqual([]);
    },
  );

  test('only answers of the wave name its package', () => {
    for (const template of [...flaggedTemplates, ...everydayTemplates]) {
      expect(JSON.stringify(template)).not.toContain(WAVE_PACKAGE);
    }
    for (const { prompt, before, finding } of wave) {
      expect(`${prompt}${before ?? ''}`).not.toContain(WAVE_PACKAGE);
      expect(finding).toMatchObject({ category: 'malicious_package', severity: 'critical' });
    }
  });
});

describe('traffic', () => {
  test('the same seed gives the same interactions, another seed others', () => {
    expect(sample(300)).toEqual(sample(300));
    expect(sample(20).map((s) => s.row.completion)).not.toEqual(sample(20, 8).map((s) => s.row.completion));
  });

  test('ids are unique within a run and carry the run', () => {
    const ids = sample(500, 7, 'abc').map(({ row }) => row.id);
    expect(new Set(ids).size).toBe(500);
    expect(ids[0]).toBe('demo-abc-1');
  });

  test('before the wave about 88 % are harmless', () => {
    const quiet = createTraffic({ seed: 11, waveAfter: Number.POSITIVE_INFINITY });
    const drawn = Array.from({ length: 6_000 }, (_, i) => quiet.next(START + i));
    const harmless = drawn.filter(({ flagged }) => !flagged).length / drawn.length;
    expect(harmless).toBeGreaterThan(0.86);
    expect(harmless).toBeLessThan(0.9);
    expect(drawn.filter((s) => s.wave)).toEqual([]);
    expect(drawn.every((s) => s.flagged === s.row.findings.length > 0)).toBe(true);
    const keys = new Set(drawn.map(({ template }) => template));
    expect(keys.size).toBeGreaterThan(0.95 * (flaggedTemplates.length + everydayTemplates.length));
  });

  test('the wave starts on time, in bursts, and only from the newest version', () => {
    const drawn = sample(2_500);
    const waves = drawn.filter((s) => s.wave);
    expect(waves.length).toBeGreaterThan(100);
    for (const { row, flagged } of waves) {
      expect(Date.parse(row.occurredAt)).toBeGreaterThanOrEqual(WAVE_AFTER);
      expect(row.model).toEqual(NEWEST_MODEL);
      expect(flagged).toBe(true);
    }
    expect(new Set(waves.map(({ template }) => template)).size).toBe(wave.length);
    const withPackage = drawn.filter(({ row }) => row.completion.includes(WAVE_PACKAGE));
    expect(withPackage).toEqual(waves);
    const share = (from: number, to: number) => {
      const slice = drawn.slice(900 + from * 10, 900 + to * 10);
      return slice.filter((s) => s.wave).length / slice.length;
    };
    expect(share(0, 16)).toBeGreaterThan(0.2);
    expect(share(16, 40)).toBeLessThan(0.12);
    expect(share(40, 56)).toBeGreaterThan(0.2);
  });

  test('people, customers, models and outcomes are varied', () => {
    const actors = createActors(seededRandom(7));
    expect(actors).toHaveLength(ACTOR_COUNT);
    expect(new Set(actors.map(({ tenant }) => tenant)).size).toBe(TENANT_COUNT);
    const tierOf = new Map(actors.map(({ tenant, tier }) => [tenant, tier]));
    expect(actors.filter(({ tenant, tier }) => tierOf.get(tenant) !== tier)).toEqual([]);
    const rows = sample(3_000).map(({ row }) => row);
    expect(new Set(rows.map(({ model }) => `${model.name}@${model.version}`)).size).toBe(5);
    expect(new Set(rows.map(({ actor }) => actor.tier))).toEqual(new Set(['free', 'pro', 'business']));
    expect([...new Set(rows.map(({ outcome }) => outcome ?? 'none'))].sort()).toEqual(
      ['accepted', 'edited', 'none', 'rejected', 'reverted'].sort(),
    );
    expect(new Set(rows.map(({ surface }) => surface)).size).toBe(5);
  });
});
