import { describe, expect, it } from 'vitest';
import { ringNext } from './jump.ts';

describe('ringNext', () => {
  it('goes round in both directions and begins at the near end', () => {
    expect(ringNext(3, null, 1)).toBe(0);
    expect(ringNext(3, null, -1)).toBe(2);
    expect(ringNext(3, 2, 1)).toBe(0);
    expect(ringNext(3, 0, -1)).toBe(2);
    expect(ringNext(1, 0, 1)).toBe(0);
    expect(ringNext(2, 7, -1)).toBe(1);
    expect(ringNext(0, null, 1)).toBeNull();
  });
});
