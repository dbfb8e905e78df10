import { randomUUID } from 'node:crypto';
import type { Decision, DecisionRequest, Hit } from './decision.ts';
import { breakAfter } from './effects.ts';
import { type Trouble, TroubleError } from './engine.ts';
import { endsAnswer, WHOLE_LIMIT } from './holdback.ts';
import type { FailMode } from './rule.ts';
import { createStreamHits } from './stream-hits.ts';
import { createPlan, type Plan, removes } from './stream-plan.ts';
import { createRelease } from './stream-release.ts';
import type { StreamSet } from './stream-set.ts';
import { JsonTexts, LeftText } from './stream-strings.ts';
import { leftHits, wholeHits } from './stream-whole.ts';
import { endOf, type Found, type StreamRule, type Window, wholeUnits } from './stream-window.ts';
import { OutOfWork } from './work.ts';

/** What a stream asks of the guard it belongs to, anew for every piece of text. */
export interface JudgeSource {
  /** Undefined while no ruleset is active. */
  set(): StreamSet | undefined;
  now(): Date;
  stale(): boolean;
  demoted(): ReadonlySet<string>;
  /** One rule failed, or took too long. Must not throw. */
  onTrouble(rule: StreamRule['rule'], trouble: Trouble): void;
  /** What rules do that would have had to know a field of the request which could not be read. */
  unread?(): Hit[];
  /** The judge itself failed. */
  onFault(error: unknown): void;
}

/** Judges one answer while it is being written. Knows nothing of streams: text in, text out. */
export interface Judge {
  /** What may be released now that `piece` has come. */
  write(piece: string): string;
  /** The rest, when nothing follows. */
  end(): string;
  /** Nothing more is released: an enforced rule ended the answer, or the text was replaced. */
  readonly stopped: boolean;
  /** What has been decided of the text so far. */
  decision(): Decision;
  /**
   * Up to `WHOLE_LIMIT` characters of the answer as the model wrote it. Kept only where a rule in scope reads the whole
   * answer or sends samples; else empty.
   */
  written(): string;
  /** Whether anything was written at all. */
  readonly hasText: boolean;
  /** Characters let through; those of them that a rule in scope should have seen and had not; those looked at, again or not. */
  readonly counters: { released: number; unscanned: number; scanned: number; held: number };
}

/** Longer pieces are taken in parts, so that no search sees more at once. */
const PART = 4_096;

interface JudgeOptions {
  /** Whether each string of JSON in the answer is judged too, as its reader reads it. */
  json?: boolean | undefined;
}

export function createJudge(
  context: DecisionRequest,
  source: JudgeSource,
  { json = false }: JudgeOptions = {},
): Judge {
  // What has no name of its own gets one, so that it falls alike in a rollout for all of its parts.
  const id = context.id ?? context.prompt ?? randomUUID();
  const request: DecisionRequest = { ...context, id, completion: null };
  const hits = createStreamHits(request, source.demoted);
  const counters = { released: 0, unscanned: 0, scanned: 0, held: 0 };
  const release = createRelease();
  let plan: Plan | undefined;
  let judgedPrompt = false;
  let window: Window = { text: '', base: 0, final: false };
  let carry = '';
  let answer = '';
  /** Where `answer` begins: not at the start where a ruleset that came in between is the first to ask for it. */
  let answerFrom: number | undefined;
  let length = 0;
  const strings = json ? new JsonTexts() : undefined;
  /** The answer without what rules remove, and its strings, once there are such rules. */
  let left: LeftText | undefined;
  let blocked = false;
  let isBroken = false;
  /** Text let through from here on has not been seen by every rule: one failed, or there was none yet. */
  let blind = false;

  const failed: { of: StreamRule; trouble: Trouble }[] = [];
  const fail = (of: StreamRule, error: unknown) => {
    const kind = error instanceof TroubleError ? error.kind : error instanceof OutOfWork ? 'work' : 'error';
    const message = error instanceof Error ? error.message : String(error);
    failed.push({ of, trouble: { kind, message, ms: 0 } });
  };

  const isLive = ({ rule }: StreamRule, at: number) =>
    at < Date.parse(rule.expiresAt) && (rule.startsAt === null || at >= Date.parse(rule.startsAt));

  const begin = (set: StreamSet): Plan => {
    const demoted = source.demoted();
    const now = source.now().getTime();
    const rules = set
      .inScope(request, source.onTrouble)
      .filter(({ rule }) => Date.parse(rule.expiresAt) > now)
      .map((of) => (demoted.has(of.rule.id) ? { ...of, holds: false } : of))
      .filter((of) => !hits.has(of) || removes(of));
    return createPlan(set, rules, {
      request,
      now: source.now,
      onTrouble: source.onTrouble,
      onError: fail,
      from: release.position(),
      strings,
      left: () => {
        const isNew = left === undefined;
        left ??= new LeftText();
        return { texts: left.strings, isNew };
      },
    });
  };

  const judgePrompt = (set: StreamSet) => {
    judgedPrompt = true;
    for (const hit of source.unread?.() ?? []) {
      hits.addPrompt(hit, 0);
      blocked ||= endsAnswer(hit.action);
    }
    // An answer comes with the stream; a prompt that was never told is not judged.
    if (request.prompt === null || request.prompt === undefined) return;
    const options = { demoted: source.demoted(), onTrouble: source.onTrouble };
    const found = set.promptHits(request, source.now(), options);
    const hitIds = new Set(found.map(({ hit }) => hit.id));
    // A rule that reads both may yet hit the answer; one that reads prompts alone has had its chance.
    const missing = source.stale()
      ? set
          .promptHits(request, source.now(), { demoted: source.demoted(), stale: true })
          .filter(({ hit, readsAnswer }) => !readsAnswer && !hitIds.has(hit.id))
      : [];
    for (const { hit, order } of [...found, ...missing]) {
      hits.addPrompt(hit, order);
      if (hit.mode !== 'enforce') continue;
      blocked ||= endsAnswer(hit.action);
      if (hit.action === 'replace') release.replace();
    }
  };

  /** Everything that became certain with this window, up to the hit that ends the answer if there is one. */
  const take = (all: Found[], end: number) => {
    const at = source.now().getTime();
    const live = all
      .filter(({ of }) => isLive(of, at))
      .map((found) => ({ ...found, settledAt: Math.min(found.settledAt, end) }))
      .sort((a, b) => a.settledAt - b.settledAt || a.of.order - b.of.order || a.start - b.start);
    const enforced = (of: StreamRule) => of.holds && hits.isEnforced(of.rule);
    const last = live.find(
      ({ of, isInside }) => enforced(of) && (endsAnswer(of.rule.action) || (isInside && removes(of))),
    )?.settledAt;
    for (const found of live) {
      if (last !== undefined && found.settledAt > last) break;
      const { of } = found;
      if (found.isInside && enforced(of) && removes(of)) hits.stop(of);
      else hits.add(of, found.start, found.end);
      if (!enforced(of)) continue;
      if (of.rule.action === 'replace') release.replace();
      if (of.rule.action === 'redact' && !found.isInside) {
        release.remove({ start: found.start, end: found.end, ref: of.rule.ref, order: of.order });
      }
    }
    if (last !== undefined) blocked = true;
  };

  /** What a rule that could not judge means for the answer; told only then, for who hears of it may demote the rule. */
  const applyFailures = () => {
    for (const { of, trouble } of failed.splice(0)) {
      plan?.scanner.drop(of);
      plan?.leftScanner?.drop(of);
      if (plan) plan.whole = plan.whole.filter((other) => other !== of);
      blind ||= of.holds && of.rule.fail.onError === 'open';
      blocked = hits.fail(of, of.rule.fail.onError, length) || blocked;
      source.onTrouble(of.rule, trouble);
    }
  };

  const judgeWhole = (current: Plan, final: boolean) => {
    if (!final) {
      if (length - (answerFrom ?? 0) > WHOLE_LIMIT) {
        // The answer's doing, not the rule's: it must not switch the rule off for the answers that follow.
        const message = `The answer is longer than ${WHOLE_LIMIT} characters.`;
        for (const of of current.whole) fail(of, new TroubleError({ kind: 'work', message }));
      }
      return;
    }
    const found: Found[] = [];
    const whole = { request, now: source.now(), text: answer, from: answerFrom ?? 0, json };
    for (const of of current.whole) {
      try {
        counters.scanned += answer.length;
        for (const each of wholeHits(current.set, of, whole)) found.push(each);
      } catch (error) {
        fail(of, error);
      }
    }
    take(found, length);
  };

  const judgeStale = (current: Plan) => {
    if (!source.stale()) return;
    const at = source.now().getTime();
    for (const of of current.rules) {
      if (hits.hasAny(of) || !isLive(of, at)) continue;
      blocked = hits.fail(of, of.rule.fail.onStale, length, true) || blocked;
    }
  };

  const step = (text: string, final: boolean): string => {
    length += text.length;
    window = { text: window.text + text, base: window.base, final };
    const end = endOf(window);
    const set = source.set();
    if (!set) {
      blind = true;
    } else {
      if (set.seq !== plan?.set.seq) {
        if (plan) release.forget();
        plan = begin(set);
        blind = false;
      }
      if (!judgedPrompt) judgePrompt(set);
    }
    strings?.take(text, final);
    // Without rules nobody asks for what is over.
    if (!plan) strings?.takeOver();
    if (plan?.keepsAnswer) {
      if (answerFrom === undefined) {
        answerFrom = release.position();
        answer = window.text.slice(answerFrom - window.base);
      } else answer += text;
      answer = answer.slice(0, WHOLE_LIMIT);
    }
    let safe = end;
    let keep = end;
    if (plan && !blocked) {
      const current = plan;
      const found: Found[] = [];
      if (end > 0) {
        for (const of of current.rules) {
          if (of.need.kind !== 'start' || hits.has(of)) continue;
          const start = release.position();
          found.push({ of, start, end: Number.POSITIVE_INFINITY, settledAt: start + 1 });
        }
      }
      const scan = current.scanner.scan(window);
      for (const each of scan.found) found.push(each);
      safe = scan.safe;
      keep = scan.keep;
      counters.scanned += scan.read;
      take(found, end);
      if (!blocked) judgeWhole(current, final);
      applyFailures();
      if (final && !blocked) judgeStale(current);
      const waits = !final && (current.whole.some(({ holds }) => holds) || closesWhenStale(current));
      if (waits) safe = 0;
    }
    if (blocked) {
      window = { text: '', base: end, final };
      return '';
    }
    const out = upToStrings(release.upTo(safe, window), final);
    const isShown = !release.replaced();
    if (isShown) {
      const released = Math.max(counters.released, release.released() - (left?.text.length ?? 0));
      if (blind) counters.unscanned += released - counters.released;
      counters.released = released;
    }
    if (blocked) return '';
    const from = Math.max(window.base, Math.min(keep, release.position()) - 2);
    window = { text: window.text.slice(from - window.base), base: from, final };
    counters.held = Math.max(counters.held, end - release.position());
    return isShown ? out : '';
  };

  /** What may go out of the answer where rules remove something from it: its strings may still hold a match. */
  const upToStrings = (text: string, final: boolean): string => {
    if (!left) return text;
    left.add(text, final);
    const end = endOf(left);
    const scan = plan?.leftScanner?.scan(left) ?? { found: [], safe: end, read: 0 };
    if (!plan?.leftScanner) left.strings.takeOver();
    counters.scanned += scan.read;
    take(scan.found, end);
    if (plan && final && !blocked) {
      const whole = { request: { ...request, completion: answer }, now: source.now(), at: end };
      take(leftHits(plan, left.text, whole, { onError: fail, onTrouble: source.onTrouble }), end);
    }
    applyFailures();
    return blocked ? '' : left.upTo(scan.safe);
  };

  const closesWhenStale = (current: Plan) =>
    source.stale() &&
    current.rules.some(
      (of) => of.rule.fail.onStale === 'closed' && hits.isEnforced(of.rule) && !hits.hasAny(of),
    );

  /**
   * A fault of the judge itself, not of one rule: the strictest fail mode in scope counts, and what goes out from here on
   * is not judged. `rest` has not been looked at.
   */
  const breakDown = (error: unknown, rest: string): string => {
    isBroken = true;
    source.onFault(error);
    const enforced = plan?.rules.filter(({ rule }) => hits.isEnforced(rule)) ?? [];
    const strict = (mode: FailMode) => enforced.find(({ rule }) => rule.fail.onError === mode);
    const strictest = strict('closed') ?? strict('require_review');
    if (strictest && hits.fail(strictest, strictest.rule.fail.onError, length)) {
      blocked = true;
      return '';
    }
    window = { text: window.text + rest, base: window.base, final: true };
    if (release.replaced()) return '';
    const out = (left?.text ?? '') + release.upTo(endOf(window), window);
    counters.unscanned += release.released() - counters.released;
    counters.released = release.released();
    return out;
  };

  /** Behind a breakdown, text is passed on as it comes, unless what came before it was to be replaced or removed. */
  const pass = (text: string): string => {
    if (release.replaced() || release.isEndless()) return '';
    counters.released += text.length;
    counters.unscanned += text.length;
    return text;
  };

  const decide = () => hits.decision(plan?.set.seq ?? 0);

  return {
    counters,
    get hasText() {
      return length > 0;
    },
    get stopped() {
      return blocked;
    },
    write: (piece) => {
      if (blocked || piece === '') return '';
      if (isBroken) return pass(piece);
      const text = carry + piece;
      carry = '';
      let out = '';
      for (let at = 0; at < text.length && !blocked && !isBroken; ) {
        let part = text.slice(at, at + PART);
        part = part.slice(0, wholeUnits(part));
        if (part === '') {
          carry = text.slice(at);
          break;
        }
        at += part.length;
        try {
          out += step(part, false);
        } catch (error) {
          out += breakDown(error, text.slice(at));
        }
      }
      return out;
    },
    end: () => {
      if (blocked) return '';
      let out = '';
      if (!isBroken) {
        const rest = carry;
        carry = '';
        try {
          out = step(rest, true);
        } catch (error) {
          out = breakDown(error, '');
        }
      }
      if (blocked) return '';
      if (!release.replaced()) return out;
      const before = counters.released > 0 ? ' ' : '';
      return out + breakAfter(before) + (decide().text ?? '');
    },
    decision: decide,
    written: () => answer,
  };
}
