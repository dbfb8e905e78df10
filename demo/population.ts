import { pick, pickWeighted, type Random } from './random.ts';

export type Tier = 'free' | 'pro' | 'business';
export type DemoActor = { id: string; tier: Tier; tenant: string };
export type DemoModel = { name: string; version: string };

const FIRST = ['north', 'blue', 'silver', 'green', 'bright', 'quiet', 'river', 'stone'];
const SECOND = ['wind', 'field', 'harbor', 'works', 'labs'];
export const TENANT_COUNT = FIRST.length * SECOND.length;
export const ACTOR_COUNT = 600;

/** The version that starts the wave; the most used one. */
export const NEWEST_MODEL: DemoModel = { name: 'quill-coder', version: '2.5.0' };

export const MODELS: readonly (readonly [DemoModel, number])[] = [
  [NEWEST_MODEL, 46],
  [{ name: 'quill-coder', version: '2.4.2' }, 22],
  [{ name: 'quill-coder', version: '2.3.7' }, 6],
  [{ name: 'quill-mini', version: '1.9.0' }, 19],
  [{ name: 'quill-mini', version: '1.8.4' }, 7],
];

/** The customers of the simulated assistant and the people who use it: the same for the same generator. */
export function createActors(random: Random): DemoActor[] {
  const tenants = FIRST.flatMap((first) =>
    SECOND.map((second) => ({
      name: `${first}${second}`,
      tier: pickWeighted<Tier>(random, [
        ['free', 30],
        ['pro', 40],
        ['business', 30],
      ]),
    })),
  );
  return Array.from({ length: ACTOR_COUNT }, (_, index) => {
    // every tenant has at least one person, the rest is spread by chance
    const tenant = tenants[index] ?? pick(random, tenants);
    return { id: `u-${String(index + 1).padStart(4, '0')}`, tier: tenant.tier, tenant: tenant.name };
  });
}
