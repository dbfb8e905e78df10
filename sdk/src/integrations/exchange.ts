import type { Decision, DecisionRequest, Sampling } from '../decision.ts';
import { breakAfter, HELD_BACK } from '../effects.ts';
import type { Guard } from '../guard.ts';
import { jsonReadings } from '../json-text.ts';
import type { StreamOptions } from '../stream.ts';

/** What an integration needs of a guard. */
export type Enforcer = Pick<Guard, 'decide'> & {
  coverage?: Guard['coverage'];
  ruleset?: Guard['ruleset'];
  stream(
    context: Context,
    options?: StreamOptions,
  ): TransformStream<string, string> & { readonly decision: Promise<Decision> };
};

/** What is known of a request before it is read, such as its tenant and tier. */
export type Context = Omit<DecisionRequest, 'prompt' | 'completion' | 'readings'>;

/** What becomes of a request of which something cannot be read, such as a picture: counted, or refused too. */
export type OnUnreadable = 'count' | 'refuse';

/** The words of a refusal for what cannot be read. */
export const unreadableWords = (fields: readonly string[]): string =>
  `The request holds what cannot be checked (${fields.join(', ')}) and was not sent on. Send it as text.`;

/** What a user reads in place of an answer that was stopped and whose rule says nothing itself. */
export const STOPPED = HELD_BACK;

/** `isTooDeep`: it holds JSON that is encoded in itself more often than is read. */
type PromptOutcome = { decision: Decision; isTooDeep: boolean } & (
  | { blocked: true; message: string }
  | { blocked: false; texts: string[]; sampling: Sampling | undefined }
);

/** One text of a prompt. */
export interface PromptText {
  text: string;
  /** The model reads it right behind the one before it: parts of one message. `perhaps`: nobody says whether. */
  joined?: boolean | 'perhaps';
  /** It is no part of the talk, such as what a tool is for: judged by itself. */
  aside?: boolean;
  /** Nobody can put another text in its place, such as the name of a field. */
  fixed?: boolean;
}

/** Texts as the model reads them: parts of a message behind each other, messages apart. */
export function joinedGroups<T extends PromptText>(texts: readonly T[]): T[][] {
  const groups: T[][] = [];
  /** The group that a joined text goes on with: what is said beside it does not come in between. */
  const last = new Map<boolean, T[]>();
  for (const each of texts) {
    const isAside = each.aside === true;
    const group = each.joined === true ? last.get(isAside) : undefined;
    if (group) {
      group.push(each);
      continue;
    }
    const begun = [each];
    groups.push(begun);
    last.set(isAside, begun);
  }
  return groups;
}

type Asked = Pick<DecisionRequest, 'prompt' | 'readings'> & { isTooDeep: boolean };

function promptOf(texts: readonly PromptText[]): Asked {
  const groups = joinedGroups(texts.filter(({ aside }) => !aside));
  const wholes = groups.map((group) => group.map(({ text }) => text).join(''));
  const apart = texts.flatMap(({ text, aside }) => (aside ? [text] : []));
  const inJson = [...wholes, ...apart].map((text) => jsonReadings(text));
  const perhaps = texts.some(({ joined }) => joined === 'perhaps') ? [wholes.join('')] : [];
  const readings = new Set([
    ...perhaps,
    ...groups.flatMap((group) => (group.length > 1 ? group.map(({ text }) => text) : [])),
    ...apart,
    ...inJson.flatMap(({ texts: found }) => found),
  ]);
  return {
    prompt: wholes.join('\n\n'),
    ...(readings.size > 0 && { readings: { prompt: [...readings].filter((text) => text.trim() !== '') } }),
    isTooDeep: inJson.some(({ isTooDeep }) => isTooDeep),
  };
}

/**
 * Decides the texts of a prompt as one; where a rule removes something from it, each text comes back without it. A
 * match that lies across two texts, or in what stands in one as JSON, cannot be removed: the request is stopped.
 */
export function decidePrompt(guard: Enforcer, context: Context, texts: readonly PromptText[]): PromptOutcome {
  const { isTooDeep, ...asked } = promptOf(texts);
  const decision = guard.decide({ ...context, ...asked });
  const stopped = { blocked: true, message: decision.message ?? STOPPED, decision, isTooDeep } as const;
  if (decision.verdict === 'block') return stopped;
  const { sampling } = decision;
  const passed = (served: string[]) =>
    ({ blocked: false, texts: served, sampling, decision, isTooDeep }) as const;
  if (decision.prompt === undefined) return passed(texts.map(({ text }) => text));
  const isOne = texts.length === 1;
  const again = { uncounted: true };
  const cleaned = isOne
    ? [decision.prompt]
    : texts.map(({ text, aside }) =>
        aside ? text : (guard.decide({ ...context, prompt: text }, again).prompt ?? text),
      );
  if (texts.some(({ text, fixed }, index) => fixed && text !== cleaned[index])) return stopped;
  if (isOne && !asked.readings) return passed(cleaned);
  const { prompt, readings } = promptOf(
    texts.map((each, index) => ({ ...each, text: cleaned[index] ?? '' })),
  );
  const left = guard.decide({ ...context, prompt, readings }, again);
  return left.prompt === undefined && left.verdict !== 'block' ? passed(cleaned) : stopped;
}

/** Encoded once more often than is read, a quote has so many slashes before it, and more. */
const DEEP = '\\'.repeat(127);

/** Whether a text holds JSON that is encoded in itself more often than is read. */
export const holdsTooDeep = (text: string | null | undefined): boolean =>
  text?.includes(DEEP) === true && jsonReadings(text).isTooDeep;

/** What to serve for a whole answer. */
export function servedText(decision: Decision, text: string): string {
  switch (decision.verdict) {
    case 'block':
      return decision.message ?? STOPPED;
    case 'warn':
      return decision.message === undefined ? text : text + breakAfter(text) + decision.message;
    default:
      return decision.text ?? text;
  }
}

/**
 * Decides a text of the model's, with what stands in it as JSON: what a tool is called with, an answer in a given form.
 * `more` is what belongs to it and stands elsewhere, such as the tool's name.
 */
export function decideText(
  guard: Pick<Enforcer, 'decide'>,
  context: Context,
  text: string,
  { more = [], ...options }: { more?: readonly string[]; uncounted?: boolean } = {},
): Decision {
  const completion = more.filter((each) => each.trim() !== '');
  const readings = completion.length > 0 ? { completion } : null;
  return guard.decide({ ...context, completion: text, readings }, { ...options, json: true });
}

/** A tool would act on what it is called with, so what cannot be handed on as it is, is not handed on. */
export function stopsToolCall({ verdict }: Decision): boolean {
  return verdict === 'block' || verdict === 'replace' || verdict === 'redact';
}
