import { AppError } from '#lib/errors';
import type { Rule } from '#sdk/rule';
import type { BacktestFigures } from './backtest-tally.ts';
import { narrows } from './narrow.ts';
import { type Asked, everythingWords, worstOf } from './worst.ts';

export type Risk = { level: 'low' | 'raised' | 'high'; words: string };

/** From this share of hits among harmless interactions on, a rule is dear to the people who use the model. */
const HIGH_RATE = 0.01;

/** A share in per cent with the precision that it carries: "0.14 %", "12 %". */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

const counted = (count: number) => count.toLocaleString('en');

/** By these a scope leaves out some of the people who ask. */
const BY_WHOM = ['models', 'versions', 'tenants', 'tiers', 'languages'] as const;
const isWide = (scope: Rule['scope']) => !BY_WHOM.some((field) => narrows(scope).includes(field));

type Risky = Asked & Pick<Rule, 'scope'>;

/** What could go wrong if this rule were live, in one or two sentences; `result` is null where it was never tried. */
export function riskOf(rule: Risky, result: Pick<BacktestFigures, 'notHarmful'> | null): Risk {
  const wide = isWide(rule.scope) ? ' It applies to every model, language and tenant.' : '';
  const worst = worstOf(rule, result);
  if (worst.onlyCounts) {
    return {
      level: 'low',
      words: `Changes no answer: ${rule.mode === 'shadow' ? 'shadow only counts' : 'flag only marks'}.`,
    };
  }
  const everything = everythingWords(worst);
  if (everything !== null) return { level: 'high', words: `${everything}${wide}` };
  if (!result) {
    return {
      level: 'raised',
      words: `Never tried: nobody knows how much harmless traffic it would hit.${wide}`,
    };
  }
  const { hits, total, upperBound95 } = result.notHarmful;
  if (hits > 0) {
    const rate = hits / total;
    const words = `Would have hit ${counted(hits)} of ${counted(total)} interactions that were not harmful (${percent(rate)}).${wide}`;
    return { level: rate >= HIGH_RATE ? 'high' : 'raised', words };
  }
  if (upperBound95 === null) {
    return {
      level: 'raised',
      words: `No control data: nobody knows how much harmless traffic it would hit.${wide}`,
    };
  }
  const words = `No hit in ${counted(total)} that were not harmful: at most ${percent(upperBound95)}, with 95 % confidence.${wide}`;
  return { level: upperBound95 > HIGH_RATE ? 'raised' : 'low', words };
}

/** That the rule hits nothing of what it is for; null when it does, or when nobody said what that is. */
export function missWords({
  cluster,
  incident,
}: Pick<BacktestFigures, 'cluster' | 'incident'>): string | null {
  const meant = [cluster, incident].filter((share) => share !== null && share.total > 0);
  const [first] = meant;
  if (!first || meant.some((share) => share !== null && share.hits > 0)) return null;
  return `It hits none of the ${counted(first.total)} interactions that it is for.`;
}

/** Why the rule's name is to be typed before it is approved or published; null where a press is enough. */
export function whyTyped(rule: Risky, result: Pick<BacktestFigures, 'notHarmful'> | null): string | null {
  const { level, words } = riskOf(rule, result);
  return level === 'high' ? words : null;
}

/** Throws `invalid` with the field `confirm` unless the name was typed of a rule that asks for it. */
export function expectTyped(ref: string, typed: string | undefined, why: string | null): void {
  if (why === null || typed?.trim().toUpperCase() === ref) return;
  const message = `${why} Type ${ref} to confirm.`;
  throw new AppError('invalid', message, { fields: { confirm: `Type ${ref}.` } });
}
