import { getInstance } from '#lib/fleet/queries';
import { route } from '#lib/route';

/** One instance: its state, every step of its last rulesets, open breakers, and what went through streams. */
export const GET = route({}, async ({ actor, params }) => getInstance(actor, params.instance ?? ''));
