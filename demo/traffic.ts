import type { Category, Severity } from '#lib/interactions/schema';
import {
  createActors,
  type DemoActor,
  type DemoModel,
  MODELS,
  NEWEST_MODEL,
  type Tier,
} from './population.ts';
import { pick, pickWeighted, type Random, seededRandom, shuffled } from './random.ts';
import { everydayTemplates, flaggedTemplates } from './templates/all.ts';
import { drawSlots, fill } from './templates/slots.ts';
import type { Template, TemplateFinding, TemplateSurface } from './templates/template.ts';
import { wave } from './templates/wave.ts';

type SimulatedFinding = {
  detector: string;
  rule: string;
  category: Category;
  severity: Severity;
  cwe?: string;
  message: string;
  /** UTF-16 offsets into the completion; `end` is exclusive. */
  start: number;
  end: number;
};

export type SimulatedOutcome = 'accepted' | 'edited' | 'rejected' | 'reverted';

/** An interaction as `POST /api/v1/interactions` takes it. */
export type SimulatedRow = {
  id: string;
  occurredAt: string;
  model: DemoModel;
  surface: TemplateSurface;
  language: string;
  path?: string;
  actor: { id: string; tier: Tier; tenant: string };
  prompt: string;
  before?: string;
  completion: string;
  outcome?: SimulatedOutcome;
  sampling: { temperature: number };
  findings: SimulatedFinding[];
};

export type Simulated = {
  row: SimulatedRow;
  flagged: boolean;
  /** Which template it came from, and whether that belongs to the wave; not part of the row. */
  template: string;
  wave: boolean;
};

type TrafficOptions = {
  seed: number;
  /** Time (epoch milliseconds, the clock given to `next`) at which the wave begins. */
  waveAfter: number;
  /** Part of every id; give each run its own so that a second run is not taken for a replay. */
  runId?: string;
};

export type Traffic = { next(nowMs: number): Simulated };

const FLAGGED_SHARE = 0.12;
/** The wave comes in bursts: this share of the traffic in the first part of every cycle, a trickle in the rest. */
const WAVE_CYCLE_MS = 40_000;
const WAVE_BURST_MS = 16_000;
const WAVE_BURST_SHARE = 0.35;
const WAVE_TRICKLE_SHARE = 0.04;
/** How often a second detector reports the same place. */
const ECHO_SHARE = 0.2;

const OUTCOMES: Record<'inline' | 'other', readonly (readonly [SimulatedOutcome | undefined, number])[]> = {
  inline: [
    ['accepted', 38],
    ['edited', 20],
    ['rejected', 30],
    ['reverted', 4],
    [undefined, 8],
  ],
  other: [
    ['accepted', 34],
    ['edited', 16],
    ['rejected', 12],
    ['reverted', 6],
    [undefined, 32],
  ],
};

function waveShare(nowMs: number, waveAfter: number): number {
  if (nowMs < waveAfter) return 0;
  return (nowMs - waveAfter) % WAVE_CYCLE_MS < WAVE_BURST_MS ? WAVE_BURST_SHARE : WAVE_TRICKLE_SHARE;
}

function findingsOf(
  random: Random,
  finding: TemplateFinding,
  slots: Record<string, string>,
  completion: string,
): SimulatedFinding[] {
  const { mark, falseAlarm: _, ...rest } = finding;
  const piece = fill(mark, slots);
  const start = completion.indexOf(piece);
  if (start < 0) throw new Error(`${finding.rule}: the mark is not in the completion`);
  const first = { ...rest, message: fill(rest.message, slots), start, end: start + piece.length };
  if (random() >= ECHO_SHARE) return [first];
  const echo: SimulatedFinding = {
    ...first,
    detector: 'second-opinion',
    rule: `model.${finding.category}`,
    message: `A second model agrees: ${first.message}`,
  };
  return [first, echo];
}

/** Fills a template once: the row of one request, without chance beyond what `random` gives. */
export function renderInteraction(
  template: Template,
  about: { id: string; nowMs: number; model: DemoModel; actor: DemoActor },
  random: Random,
): SimulatedRow {
  const slots = drawSlots(random, template.language);
  const completion = fill(template.completion, slots);
  const outcome = pickWeighted(random, OUTCOMES[template.surface === 'inline' ? 'inline' : 'other']);
  return {
    id: about.id,
    occurredAt: new Date(about.nowMs).toISOString(),
    model: { ...about.model },
    surface: template.surface,
    language: template.language,
    ...(template.path === undefined ? {} : { path: fill(template.path, slots) }),
    actor: { ...about.actor },
    prompt: fill(template.prompt, slots),
    ...(template.before === undefined ? {} : { before: fill(template.before, slots) }),
    completion,
    ...(outcome === undefined ? {} : { outcome }),
    sampling: {
      temperature: pick(random, template.surface === 'inline' ? [0, 0.1, 0.2] : [0.2, 0.4, 0.7, 1]),
    },
    findings: template.finding ? findingsOf(random, template.finding, slots, completion) : [],
  };
}

/**
 * The traffic of a small simulated code assistant. The same options and the same sequence of times give
 * the same interactions: about 12 % flagged until the wave begins, more in its bursts.
 */
export function createTraffic({ seed, waveAfter, runId = seed.toString(36) }: TrafficOptions): Traffic {
  const random = seededRandom(seed);
  const actors = createActors(random);
  const flagged = shuffled(random, flaggedTemplates);
  let count = 0;

  const choose = (nowMs: number): { template: Template; isWave: boolean } => {
    if (random() < waveShare(nowMs, waveAfter)) return { template: pick(random, wave), isWave: true };
    if (random() >= FLAGGED_SHARE) return { template: pick(random, everydayTemplates), isWave: false };
    // squared: a few idioms come again and again, most are rare, as in real traffic
    const template = flagged[Math.floor(random() ** 2 * flagged.length)];
    if (!template) throw new Error('no flagged templates');
    return { template, isWave: false };
  };

  return {
    next(nowMs) {
      const { template, isWave } = choose(nowMs);
      const model = isWave ? NEWEST_MODEL : pickWeighted(random, MODELS);
      count += 1;
      const about = { id: `demo-${runId}-${count}`, nowMs, model, actor: pick(random, actors) };
      const row = renderInteraction(template, about, random);
      return { row, flagged: row.findings.length > 0, template: template.key, wave: isWave };
    },
  };
}
