import { createHash } from 'node:crypto';
import type { Decision, DecisionRequest } from './decision.ts';
import { feedAddress } from './follow.ts';
import type { Span } from './match.ts';
import type { Sample } from './report.ts';
import { rolloutBucket } from './rollout.ts';
import type { Rule } from './rule.ts';

/** What waits to be sent at most; what comes beyond it is let go of and counted. */
const MAX_SAMPLES = 500;
const MAX_BYTES = 8 * 1024 * 1024;
const BATCH_SAMPLES = 100;
const BATCH_BYTES = 2 * 1024 * 1024;
const TEXT = 200_000;
const SEND_MS = 1_000;
const RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;
const POST_TIMEOUT_MS = 10_000;

interface SamplerOptions {
  feedUrl: string;
  apiKey: string;
  instanceId: string;
  /** The rule as it was when it hit; undefined when nobody knows it any longer. */
  rule: (id: string) => Rule | undefined;
  /** Where the rule hits a text first. May throw. */
  locate: (rule: Rule, text: string, language: string | null | undefined) => Span | undefined;
  onProblem: (reason: string) => void;
  /** `count` samples were let go of since this was last told. */
  onDropped: (count: number) => void;
  /** Milliseconds until a sample is sent, and until the first retry; 1,000 and 5,000 unless told otherwise. */
  sendMs?: number;
  retryMs?: number;
}

export interface Sampler {
  /** Keeps the interaction for the review queue if one of its hits is to be looked at. Never throws, never waits. */
  offer(request: DecisionRequest, decision: Decision, at: Date): void;
  /** A last attempt within `timeoutMs`, then silence. */
  close(timeoutMs: number): Promise<void>;
}

interface Waiting {
  request: DecisionRequest;
  seq: number;
  at: Date;
  rules: { rule: Rule; inAnswer: boolean }[];
  bytes: number;
}

/** Whether this hit is one of the share that goes back to the reviewers: the same on every instance and on every try. */
export function isSampled(rule: Rule, request: DecisionRequest): boolean {
  if (rule.action === 'require_review') return true;
  if (rule.sample <= 0) return false;
  const subject = request.id ?? request.completion ?? request.prompt ?? '';
  return rolloutBucket(`sample ${rule.id}`, subject) < rule.sample * 100;
}

/** Cut to `limit` code units, never through a character. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? text.slice(0, limit - 1) : text.slice(0, limit);
}

const brief = (value: string | null | undefined, limit: number) => (value ? cut(value, limit) : null);

function sampleId({ id, prompt, completion }: DecisionRequest): string {
  const text = JSON.stringify([id ?? '', prompt ?? '', completion ?? '']);
  return createHash('sha256').update(text).digest('base64url');
}

/** Sends interactions that rules hit to the review queue, in batches and in the background. */
export function createSampler(options: SamplerOptions): Sampler {
  const { feedUrl, apiKey, instanceId, rule: ruleOf, locate, onProblem, onDropped } = options;
  const { sendMs = SEND_MS, retryMs = RETRY_MS } = options;
  const queue: Waiting[] = [];
  let bytes = 0;
  let dropped = 0;
  let backoff = retryMs;
  let timer: NodeJS.Timeout | undefined;
  let underway: Promise<void> | undefined;
  let closed = false;

  const toSample = ({ request, seq, at, rules }: Waiting): Sample => {
    const completion = cut(request.completion ?? '', TEXT);
    return {
      id: sampleId(request),
      at: at.toISOString(),
      instanceId,
      seq,
      rules: rules.slice(0, 20).map(({ rule, inAnswer }) => {
        let span: Span | undefined;
        try {
          if (inAnswer) span = locate(rule, completion, request.language);
        } catch {
          // A place that cannot be shown is left out; the hit is still a hit.
        }
        return { ruleId: rule.id, ref: rule.ref, ...(span ? { start: span.start, end: span.end } : {}) };
      }),
      model: brief(request.model, 200),
      version: brief(request.version, 200),
      tenant: brief(request.tenant, 200),
      tier: brief(request.tier, 200),
      actor: brief(request.actor, 200),
      language: brief(request.language, 40),
      surface: brief(request.surface, 40),
      prompt: cut(request.prompt ?? '', TEXT),
      completion,
    };
  };

  const forget = (count: number) => {
    for (const { bytes: size } of queue.splice(0, count)) bytes -= size;
  };

  const tellDropped = () => {
    if (dropped === 0) return;
    onDropped(dropped);
    dropped = 0;
  };

  /** One batch. True when it is off the queue, whether it was taken or can never be. */
  const post = async (timeoutMs: number): Promise<boolean> => {
    let size = 0;
    const batch = queue.slice(0, BATCH_SAMPLES).filter((waiting, index) => {
      size += waiting.bytes;
      return index === 0 || size <= BATCH_BYTES;
    });
    if (batch.length === 0) return true;
    try {
      const response = await fetch(feedAddress(feedUrl, '/v1/samples'), {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ samples: batch.map(toSample) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (response.ok) {
        forget(batch.length);
        return true;
      }
      onProblem(`The feed did not take ${batch.length} samples (HTTP ${response.status}).`);
      // A feed that does not know samples, or not these, will not take them later either.
      if ([400, 404, 405, 413, 422].includes(response.status)) {
        forget(batch.length);
        dropped += batch.length;
        return true;
      }
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      onProblem(
        `The samples did not reach the feed: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
    return false;
  };

  const schedule = (ms: number) => {
    if (closed || underway || timer || queue.length === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      underway = post(POST_TIMEOUT_MS).then((ok) => {
        underway = undefined;
        tellDropped();
        backoff = ok ? retryMs : Math.min(backoff * 2, LAST_RETRY_MS);
        schedule(ok ? sendMs : backoff);
      });
    }, ms).unref();
  };

  return {
    offer: (request, decision, at) => {
      if (closed) return;
      const rules = decision.rules.flatMap((hit) => {
        const rule = ruleOf(hit.id);
        return rule && isSampled(rule, request) ? [{ rule, inAnswer: hit.target !== 'prompt' }] : [];
      });
      if (rules.length === 0) return;
      const length = (text: string | null | undefined) => Math.min(text?.length ?? 0, TEXT);
      const size = 2 * (length(request.prompt) + length(request.completion)) + 1_000;
      if (queue.length >= MAX_SAMPLES || bytes + size > MAX_BYTES) {
        dropped++;
        return;
      }
      const { prompt, completion } = request;
      const kept = { ...request, prompt: cut(prompt ?? '', TEXT), completion: cut(completion ?? '', TEXT) };
      queue.push({ request: kept, seq: decision.seq, at, rules, bytes: size });
      bytes += size;
      schedule(sendMs);
    },
    close: async (timeoutMs) => {
      closed = true;
      clearTimeout(timer);
      const deadline = performance.now() + timeoutMs;
      await underway;
      while (queue.length > 0 && performance.now() < deadline) {
        const left = Math.max(100, Math.round(deadline - performance.now()));
        if (!(await post(left))) break;
      }
      dropped += queue.length;
      forget(queue.length);
      tellDropped();
    },
  };
}
