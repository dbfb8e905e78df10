import type { ReviewSettings } from '#lib/settings/schema';
import type { SettingsField } from './fields.ts';
import type { Limits } from './limits.ts';

/** What a field of the form holds: text, a tick, or ticked verdicts. */
export type Typed = string | boolean | readonly string[];

/** A stored value as the field shows it; shares as percent, no limit as nothing. */
export function shown(kind: SettingsField['kind'], value: ReviewSettings[keyof ReviewSettings]): Typed {
  if (typeof value === 'number') return String(kind === 'percent' ? rounded(value * 100) : value);
  return value ?? '';
}

/** What was typed as the settings store it, or what is wrong with it in the unit of the field. */
export function read(
  { kind }: SettingsField,
  typed: Typed,
  limits: Limits | undefined,
): { value: unknown } | { wrong: string } {
  if (typeof typed !== 'string') return { value: typed };
  const text = typed.trim();
  if (text === '' && kind === 'days') return { value: null };
  const factor = kind === 'percent' ? 100 : 1;
  const min = rounded((limits?.min ?? 0) * factor);
  const max = rounded((limits?.max ?? Number.MAX_SAFE_INTEGER) * factor);
  const kindOf = limits?.whole ? 'a whole number' : 'a number';
  const empty = kind === 'days' ? ', or empty' : '';
  const wrong = {
    wrong: `This must be ${kindOf} from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}${empty}.`,
  };
  if (!/^\d+(\.\d+)?$/.test(text)) return wrong;
  const number = Number(text);
  if (number < min || number > max || (limits?.whole && !Number.isInteger(number))) return wrong;
  return { value: kind === 'percent' ? Math.round(number * 1_000) / 100_000 : number };
}

/** The standard value in words, for the line below a field. */
export function standardWords(
  kind: SettingsField['kind'],
  value: ReviewSettings[keyof ReviewSettings],
): string {
  if (value === null) return 'kept';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(' and ');
  if (kind === 'percent') return `${rounded(value * 100)} percent`;
  return kind === 'days' ? `${value.toLocaleString('en')} days` : value.toLocaleString('en');
}

/** Three digits behind the point, without what binary fractions add. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
