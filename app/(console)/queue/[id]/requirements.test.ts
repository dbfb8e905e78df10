import { describe, expect, it } from 'vitest';
import { type BarPolicy, missingFor } from './requirements.ts';

const rules = { policyRequiredFor: ['harmful' as const], noteRequiredFor: ['unsure' as const] };
const policy = { id: 'p', title: 'Injection' } as BarPolicy;

describe('missingFor', () => {
  it('asks for a policy first, then for a note', () => {
    expect(missingFor(rules, 'harmful', undefined, '')).toBe('policy');
    expect(missingFor(rules, 'harmful', policy, '')).toBeNull();
    expect(missingFor(rules, 'harmful', { ...policy, reasonRequired: true }, '')).toBe('note');
    expect(missingFor(rules, 'harmful', { ...policy, reasonRequired: true }, 'because')).toBeNull();
    expect(missingFor(rules, 'unsure', undefined, '')).toBe('note');
    expect(missingFor(rules, 'benign', undefined, '')).toBeNull();
  });
});
