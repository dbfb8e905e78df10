import { cancelBacktest, readBacktest } from '#lib/mitigations/backtest';
import { route } from '#lib/route';

export const GET = route({}, ({ actor, params }) => readBacktest(actor, params.id ?? ''));

export const DELETE = route({}, ({ actor, params }) => cancelBacktest(actor, params.id ?? ''));
