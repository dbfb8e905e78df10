import { expect, it } from 'vitest';
import { scopeSchema } from './schema.ts';

it.each(['models', 'versions', 'tenants', 'tiers', 'languages', 'features'])(
  'names in %s are trimmed and count once, and a blank one is refused',
  (field) => {
    expect(scopeSchema.parse({ [field]: [' a-1 ', 'a-1', 'A-1'] })).toEqual({ [field]: ['a-1', 'A-1'] });
    expect(scopeSchema.safeParse({ [field]: ['a-1', '  '] }).error?.issues[0]?.message).toBe(
      'must not be blank',
    );
  },
);
