import type { Decision } from '../decision.ts';
import { type AnswerTexts, answerTexts, type ToolInput } from './answer-texts.ts';
import {
  type Context,
  decideText,
  type Enforcer,
  joinedGroups,
  type PromptText,
  STOPPED,
  servedText,
  stopsToolCall,
} from './exchange.ts';

/** What may be served of an answer: as many texts as were asked about, in their order, or words in its place. */
type AnswerOutcome = { decisions: Decision[] } & (
  | { blocked: true; message: string }
  | { blocked: false; texts: string[] }
);

/**
 * Decides an answer: what tools are called with, then its texts, those that are read behind each other as one. What a
 * rule would change and what cannot be changed stops the answer.
 */
export function decideAnswer(
  guard: Enforcer,
  context: Context,
  texts: readonly PromptText[],
  calls: readonly ToolInput[],
): AnswerOutcome {
  const decisions: Decision[] = [];
  const decide = (text: string, more: readonly string[]): Decision => {
    const decision = decideText(guard, context, text, { more });
    decisions.push(decision);
    return decision;
  };
  const look = (text: string, more: readonly string[] = []): Decision =>
    decideText(guard, context, text, { more, uncounted: true });
  const stopped = ({ message }: Decision): AnswerOutcome => ({
    blocked: true,
    message: message ?? STOPPED,
    decisions,
  });
  for (const { input, more } of calls) {
    const words = [input, ...more].filter((each) => each !== '');
    const decision = words.length === 0 ? null : decide(words[0] ?? '', words.slice(1));
    if (decision && stopsToolCall(decision)) return stopped(decision);
  }
  const served = texts.map(({ text }) => text);
  const placed = texts.map(({ text, joined, aside }, at) => ({ text, joined, aside, at }));
  for (const group of joinedGroups(placed)) {
    const whole = group.map(({ text }) => text).join('');
    const parts = group.length > 1 ? group.map(({ text }) => text) : [];
    const decision = decide(whole, parts);
    const shown = servedText(decision, whole);
    if (decision.verdict === 'block' || (group[0]?.aside && shown !== whole)) return stopped(decision);
    if (shown !== whole) {
      const cleaned = cleanedParts(decision, group, shown, look);
      // Each by itself was looked at; what they say together is not.
      const isJoined = decision.verdict === 'redact' && group.length > 1;
      if (isJoined && stopsToolCall(look(cleaned.join(''), cleaned))) return stopped(decision);
      for (const [index, { at }] of group.entries()) served[at] = cleaned[index] ?? '';
    }
  }
  return { blocked: false, texts: served, decisions };
}

/** The parts of one text with what is served of it: what is removed is removed where it stood. */
function cleanedParts(
  decision: Decision,
  group: readonly PromptText[],
  shown: string,
  look: (text: string) => Decision,
): string[] {
  if (decision.verdict === 'redact' && group.length > 1) {
    return group.map(({ text }) => (text === '' ? text : servedText(look(text), text)));
  }
  const last = decision.verdict === 'warn' ? group.length - 1 : 0;
  if (decision.verdict === 'warn') {
    const before = group.slice(0, last).reduce((sum, { text }) => sum + text.length, 0);
    return group.map(({ text }, index) => (index === last ? shown.slice(before) : text));
  }
  return group.map((_, index) => (index === 0 ? shown : ''));
}

/** Decides a part of an answer in place; null where it may be served, else the words that stand for it. */
export function decideInPlace(
  guard: Enforcer,
  context: Context,
  part: unknown,
): { stopped: string } | { changed: boolean } {
  const { texts, calls }: AnswerTexts = answerTexts(part);
  const outcome = decideAnswer(guard, context, texts, calls);
  if (outcome.blocked) return { stopped: outcome.message };
  let changed = false;
  outcome.texts.forEach((text, index) => {
    if (text === texts[index]?.text) return;
    texts[index]?.set(text);
    changed = true;
  });
  return { changed };
}
